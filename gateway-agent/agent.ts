import { logIdHex, provideSha256 } from '@tianyuan/protocol';
import type { Logger } from 'pino';
import { openIntake } from './accept/intake.ts';
import { type VerifyPool, openVerifyPool } from './accept/verify-pool.ts';
import { isFull } from './capacity/capacity.ts';
import { keepWithin, openStoreCapacity } from './capacity/open-capacity.ts';
import { digestConfig } from './config-digest.ts';
import type { Config } from './config.ts';
import { openBatchCloser } from './deliver/batch-closer.ts';
import { newLinkHealth } from './deliver/link-health.ts';
import { openDelivery } from './deliver/open-delivery.ts';
import { rememberDoor } from './devices/door.ts';
import { openRegistry } from './devices/open-registry.ts';
import { openKeeping } from './keeping.ts';
import { fractionOf } from './capacity/measure-usage.ts';
import { openFarmPage } from './page/open-farm-page.ts';
import { readSalvage, requireNotHeld } from './keep/salvage.ts';
import { lockDataDir } from './keep/store.ts';
import { type CorruptionWatch, watchForCorruption } from './keep/watch-corruption.ts';
import { openCheckpoints } from './log/checkpoints.ts';
import { loadNativeCrypto } from './log/native-crypto.ts';
import { loadGatewayKey } from './log/gateway-key.ts';
import { type Link, openRestoration } from './log/restoration.ts';
import { encodeStatement } from './log/statement.ts';
import { type FindStuck, openStuckFinder } from './observe/find-stuck.ts';
import { serveObservation } from './observe/http.ts';
import { newMetrics } from './observe/metrics.ts';
import type { Status } from './observe/status.ts';
import type { ExternalBroker } from './receive/external-broker.ts';
import { type EmbeddedBroker, openEmbeddedBroker } from './receive/embedded-broker.ts';
import { openOperator } from './receive/operator.ts';

export const agentVersion = '0.1.0';

export type Agent = {
  /** 0 where a broker that somebody else runs is used */
  mqttPort: number;
  /** where devices connect over TLS, and show claims over HTTP; undefined where that is off */
  mqttTlsPort: number | undefined;
  claimPort: number | undefined;
  httpPort: number;
  publicKey: Uint8Array;
  status: () => Status;
  /** reads again what may change while the agent runs: the rule file */
  reload: () => void;
  /** resolves, with the cause, when the store turned out to be corrupt: stop, and start again to have it salvaged */
  broken: Promise<unknown>;
  /** what a watchdog asks */
  findStuck: FindStuck;
  /** acknowledges what was taken, stops delivering, closes the store */
  stop: () => Promise<void>;
};

/**
 * Starts the agent, and has the next start look at every page of the store where this one fails for a page of it.
 * @throws GatewayError or ChainError for what its owner can mend
 */
export async function startAgent(config: Config, logger: Logger): Promise<Agent> {
  const unlock = lockDataDir(config.dataDir);
  const corruption = watchForCorruption(config.dataDir, logger);
  const pool = openVerifyPool(config.verifyThreads);
  try {
    return await wire(config, logger, pool, unlock, corruption);
  } catch (error) {
    corruption.see(error);
    await pool.close();
    throw error;
  }
}

/** The way of a reading: receive, accept, keep, log, deliver. */
async function wire(
  config: Config,
  logger: Logger,
  pool: VerifyPool,
  unlock: () => void,
  { see: onFault, found: broken }: CorruptionWatch,
): Promise<Agent> {
  // Before the store is opened: a salvage hashes every entry of it, which the portable code takes ten times as long for.
  const crypto = await loadNativeCrypto();
  provideSha256(crypto.sha256);
  if (!crypto.native) logger.warn('no libsodium for this machine: signatures are checked 20 times slower');
  const keeping = await openKeeping(config, logger);
  const { store, boot, clock, log, quarantine, devices, keep, growth, keepStatement } = keeping;
  const { register, claims, tls } = devices;
  const key = loadGatewayKey(config.dataDir, store);
  const links: Link[] = [];
  if (config.traceUrl !== undefined) links.push('mirror');
  if (config.chain !== undefined) links.push('chain');
  const restoration = openRestoration(store, log, { origin: config.origin, links });
  const checkpoints = openCheckpoints(store, log, {
    origin: config.origin,
    requireProven() {
      requireNotHeld(store);
      restoration.requireProven();
    },
    key,
    sign: (text) => crypto.sign(key.secretKey, key.publicKey, text),
    now: clock.now,
  });
  const stopping = new AbortController();
  const delivering: Promise<void>[] = [];

  const shared = { store, log, checkpoints, restoration, growth, onFault, logger };
  const delivery = await openDelivery(config, shared, clock, keepStatement);
  const { anchorNow } = delivery;

  const registry = openRegistry(store, config, {
    onKeysChanged: register.touch,
    together: keep.together,
    keepStatement: (statement) => keepStatement(encodeStatement(statement)),
    onFault,
    logger,
  });
  const capacity = openStoreCapacity({
    config,
    store,
    keep,
    sizes: () => ({ ...delivery.sizes(), logged: log.size() }),
    keepStatement,
    onFault,
    logger,
  });
  let broker: EmbeddedBroker | ExternalBroker | undefined;
  const status = (): Status => ({
    gateway: config.gateway,
    origin: config.origin,
    logId: logIdHex(config.origin),
    boot,
    clock: clock.state(),
    logged: log.size(),
    ...delivery.status(),
    refused: quarantine.counts(),
    connectedDevices: broker?.connectedDevices() ?? 0,
    rateLimited: broker?.rateLimited() ?? [],
    registry: registry.status(),
    capacity: capacity.status(),
    salvaged: readSalvage(store) ?? null,
  });
  const metrics = newMetrics(status);
  const batches = openBatchCloser(config.anchor.batchQuietMs, anchorNow);
  const intake = openIntake(
    { pool, register, keep: keepWithin(keep, capacity), clock },
    {
      onKept(outcomes, arrivals, tookMs) {
        metrics.observeCommit(outcomes, tookMs);
        batches.see(outcomes, arrivals);
        growth.announce();
      },
      onLost(error, messages) {
        capacity.onWriteFailed(error);
        onFault(error);
        // Told once by the capacity, at its level; every connection that is refused meanwhile would say it again.
        logger[isFull(error) ? 'debug' : 'error'](
          { err: error, messages },
          'messages were not kept; they are not acknowledged, and come again',
        );
      },
    },
  );
  const checkpoint = () => checkpoints.latest()?.note;
  const brokerHealth = newLinkHealth(clock.sinceBootMs);
  const farm = openFarmPage({
    config,
    store,
    keep,
    logSize: log.size,
    quarantine,
    clock,
    boot,
    announce: growth.announce,
    links: config.broker ? new Map([['broker', brokerHealth], ...delivery.links]) : delivery.links,
    askBalance: delivery.balance,
    usedPermille: () => Math.round(1000 * fractionOf(capacity.status())),
    publish: (notice) => broker?.publishAlarm(notice),
    anchorNow,
    onFault,
    pool,
    register,
    intake,
    status,
    metrics,
    version: agentVersion,
    logger,
  });
  const http = await serveObservation(config.http, {
    page: farm.page,
    status,
    metrics,
    checkpoint,
    onFault,
    logger,
  });
  broker = config.broker
    ? (await import('./receive/external-broker.ts')).openExternalBroker({
        gateway: config.gateway,
        address: config.broker,
        intake,
        onStatus: farm.onStatus,
        health: brokerHealth,
        logger,
      })
    : await openOwnBroker();
  const claimServer = await devices.openClaimServer();
  rememberDoor(store, config, { mqtt: broker.port, mqtts: broker.tlsPort, claims: claimServer?.port });
  // Not before the ports are ours, so that a start which fails for ever does not fill the log; and no device was heard yet.
  keepStatement(
    encodeStatement({ statement: 'boot', boot, agent: agentVersion, configDigest: digestConfig(config) }),
  );

  keeping.start();
  capacity.start();
  delivering.push(farm.run(stopping.signal));

  delivering.push(registry.run(stopping.signal));
  delivering.push(delivery.run(stopping.signal));
  logger.info(
    {
      boot,
      entries: log.size(),
      mqttPort: broker.port,
      mqttTlsPort: broker.tlsPort,
      claimPort: claimServer?.port,
      httpPort: http.port,
      origin: config.origin,
    },
    'the gateway is up',
  );

  function openOwnBroker(): Promise<EmbeddedBroker> {
    const { host, port } = config.mqtt;
    return openEmbeddedBroker({
      gateway: config.gateway,
      host,
      port,
      tls,
      limits: config.mqtt,
      register,
      claims,
      intake,
      operator: openOperator(store),
      onStatus: farm.onStatus,
      logger,
      events: metrics.broker,
    });
  }

  return {
    mqttPort: broker.port,
    mqttTlsPort: broker.tlsPort,
    claimPort: claimServer?.port,
    httpPort: http.port,
    publicKey: key.publicKey,
    status,
    reload: keeping.reload,
    broken,
    findStuck: openStuckFinder(store, intake, clock, onFault),
    async stop() {
      batches.close();
      keeping.close();
      await claimServer?.close();
      await broker.close();
      stopping.abort();
      await Promise.all([...delivering, capacity.close(), pool.close(), http.close()]);
      delivery.close();
      store.close();
      unlock();
      logger.info('the gateway has stopped');
    },
  };
}
