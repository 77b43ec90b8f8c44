import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { finalityRuleOf } from '@tianyuan/chain';
import { type HttpServer, type Logger, newMetricsRegistry, openDatabase, serve } from '@tianyuan/platform';
import { provideSha256 } from '@tianyuan/protocol';
import type { Evidence } from './anchors/evidence.ts';
import { type ChainFollower, chainFollower } from './anchors/follow-chain.ts';
import { settler } from './anchors/settle.ts';
import { createApp } from './app.ts';
import { renewReadings } from './batches/renew-readings.ts';
import { openAudit } from './audit/open-audit.ts';
import { excursionWatch } from './cold-chain/watch-excursions.ts';
import { holdRecords } from './backup/hold-records.ts';
import { readBackupPolicy, startBackup, startRestoration } from './backup/start-backup.ts';
import type { Config } from './config.ts';
import { openBus, openEvents } from './events/open-events.ts';
import { runProven } from './events/publish-proven.ts';
import { startHub } from './hub/start-hub.ts';
import { verifySignature } from './ingest/ed25519.ts';
import { verifiersLoaded } from './ingest/verify-many.ts';
import { qualityModels } from './quality/quality-models.ts';
import { readNationalConfig, startNational } from './national/start-national.ts';
import { openRecords } from './records/open-records.ts';
import { type PlatformKey, readPlatformKey } from './records/platform-key.ts';
import { runFileSweep, subscribeToReports } from './reports/follow-reports.ts';
import { readValidators } from './validators-file.ts';
import { ownerCheck } from './owner-token.ts';
import { openOwnWitness } from './witnesses/own-witness.ts';
import { runWitnessLoops } from './witnesses/witness-loop.ts';
import { readWitnesses } from './witnesses/witnesses-file.ts';
import { traceMetrics } from './trace-metrics.ts';

export type TraceApi = {
  /** where it listens; no trailing slash */
  url: string;
  close: () => Promise<void>;
};

export const migrations = {
  service: 'trace',
  folder: fileURLToPath(new URL('./database/migrations', import.meta.url)),
};

/**
 * Opens the service: database, chain, HTTP. Closed in the opposite order.
 * @throws PlatformError where the database or the port cannot be had
 */
export async function openTraceApi(config: Config, logger: Logger): Promise<TraceApi> {
  provideSha256((message) => hash('sha256', message, 'buffer'));
  // Whatever is configured wrongly is said before anything is opened.
  const kind = { stateFile: config.chainStateFile, confirmations: config.chainConfirmations };
  const validators =
    config.validatorsFile === undefined
      ? undefined
      : readValidators(config.validatorsFile, finalityRuleOf(kind));
  const finality = finalityRuleOf({ ...kind, validators });
  const witnesses = config.witnessesFile === undefined ? undefined : readWitnesses(config.witnessesFile);
  const platformKey = openPlatformKey(config);
  const environments = readNationalConfig(config);
  const ownWitness = openOwnWitness(config);
  const backupPolicy = readBackupPolicy(config);
  const database = await openDatabase({
    url: config.databaseUrl,
    dir: config.dataDir,
    migrations,
    onLost: (error) => logger.warn({ err: error }, 'the database ended a connection'),
  });
  const registry = newMetricsRegistry();
  const metrics = traceMetrics(registry);
  const onEvidence = (evidence: Evidence): void => {
    metrics.onEvidence(evidence);
    logger.error({ alarm: true, evidence }, 'ALARM: a log contradicts itself; table evidence has both sides');
  };
  const eventLogger = logger.child({ part: 'events' });
  const bus = await openBus({ natsUrl: config.natsUrl, logger: eventLogger }).catch(
    async (error: unknown) => {
      ownWitness?.store.close();
      await database.close();
      throw error;
    },
  );
  const events = openEvents(database, bus, eventLogger);
  const backup = startBackup(backupPolicy, config, { database, logger: logger.child({ part: 'backup' }) });
  const restoration =
    platformKey &&
    startRestoration(config, platformKey, {
      database,
      finality,
      witnesses,
      follower: () => follower,
      logger: logger.child({ part: 'restoration' }),
    });
  const records =
    platformKey &&
    restoration &&
    holdRecords(openRecords(database, platformKey, events.publish), restoration);
  if (records !== undefined) await subscribeToReports(bus, { database, records });
  const audit = openAudit({ queries: database.queries, records, logger: logger.child({ part: 'audit' }) });
  const watch =
    records && excursionWatch({ database, records, logger: logger.child({ part: 'cold chain' }) });
  const settling = settler({
    database,
    records,
    mayRecord: async () => (await restoration?.held()) === undefined,
    finality,
    verify: verifySignature,
    logger,
    onEvidence,
    followed: () => follower?.followed(),
    validators,
  });
  const { chainRpcUrl: rpcUrl, deploymentFile } = config;
  const follower =
    rpcUrl === undefined || deploymentFile === undefined
      ? undefined
      : chainFollower(database, { rpcUrl, deploymentFile }, logger.child({ part: 'chain' }), settling.nudge);
  const hub = startHub(config, {
    database,
    follower,
    logger: logger.child({ part: 'hub' }),
    onRound: metrics.onHubRound,
  });
  const national =
    environments &&
    records &&
    (await startNational(environments, {
      database,
      records,
      registry,
      intervalMs: config.nationalIntervalMs,
      logger: logger.child({ part: 'national' }),
    }));
  const app = createApp({
    database,
    records,
    wantNational: (batchId) => national?.want(batchId),
    audit,
    logger,
    registry,
    chain:
      rpcUrl === undefined
        ? undefined
        : { rpcUrl, finality, validators, witnesses, deployment: () => follower?.followed()?.deployment },
    witness: ownWitness,
    models: qualityModels(config),
    isOwner: ownerCheck(config.ownerToken),
    publicUrl: config.publicUrl ?? `http://${config.host}:${config.port}`,
    checks: {
      database: { required: true, check: () => database.ping().then(() => undefined) },
      chain: { required: false, check: () => checkChain(follower) },
      ...(backup && { backup: { required: false, check: () => Promise.resolve(backup.trouble()) } }),
      ...(restoration && {
        platformLog: { required: false, check: async () => (await restoration.held())?.detail },
      }),
      events: { required: false, check: () => bus.ping().then(() => undefined) },
      ...(national && { national: { required: false, check: () => Promise.resolve(national.trouble()) } }),
    },
    events: {
      onEvidence,
      onTaken: (taken) => {
        metrics.onTaken(taken);
        watch?.taken(taken);
        settling.nudge();
      },
    },
  });

  let server: HttpServer;
  try {
    server = await serve({ fetch: app.fetch, host: config.host, port: config.port });
  } catch (error) {
    await national?.close();
    ownWitness?.store.close();
    await bus.close();
    await database.close();
    throw error;
  }
  const stop = new AbortController();
  const running = [settling, follower, hub, audit, watch, restoration, backup, events].flatMap(
    (part) => part?.run(stop.signal) ?? [],
  );
  running.push(
    renewReadings(database, stop.signal).catch((error) =>
      logger.warn({ err: error }, 'readings of an earlier release are renewed at the next start'),
    ),
  );
  if (witnesses !== undefined) {
    running.push(
      runWitnessLoops(database, witnesses.addresses, logger.child({ part: 'witnesses' }), stop.signal),
    );
  }
  if (records !== undefined) {
    const { logId } = records;
    const proven = { database, logId, publish: events.publish };
    running.push(runProven(proven, eventLogger, stop.signal));
    running.push(runFileSweep({ database, records }, logger.child({ part: 'reports' }), stop.signal));
  }
  return {
    url: server.url,
    async close() {
      await server.close();
      stop.abort();
      await Promise.all([...running, national?.close(), verifiersLoaded()]);
      hub?.close();
      ownWitness?.store.close();
      await bus.close();
      await database.close();
    },
  };
}

async function checkChain(follower: ChainFollower | undefined): Promise<string | undefined> {
  if (follower === undefined) return 'no chain is configured: nothing becomes anchored';
  const trouble = follower.trouble();
  if (trouble !== undefined) return trouble;
  await follower.followed()?.node.ask((provider) => provider.getBlockNumber());
  return undefined;
}

function openPlatformKey({ platformOrigin, platformKeyFile }: Config): PlatformKey | undefined {
  if (platformOrigin === undefined || platformKeyFile === undefined) return undefined;
  return readPlatformKey(platformOrigin, platformKeyFile);
}
