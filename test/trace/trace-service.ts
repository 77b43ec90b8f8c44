import { hash } from 'node:crypto';
import { type Database, inProcessBus, newLogger, newMetricsRegistry } from '@tianyuan/platform';
import { applyAnchor } from '@tianyuan/trace-api/anchors/apply-anchor.ts';
import type { Evidence } from '@tianyuan/trace-api/anchors/evidence.ts';
import { settleAnchors } from '@tianyuan/trace-api/anchors/settle-anchors.ts';
import { openAudit } from '@tianyuan/trace-api/audit/open-audit.ts';
import { createApp } from '@tianyuan/trace-api/app.ts';
import { openEvents } from '@tianyuan/trace-api/events/open-events.ts';
import { verifySignature } from '@tianyuan/trace-api/ingest/ed25519.ts';
import { applyKeyEvent } from '@tianyuan/trace-api/keys/apply-key-event.ts';
import { sweepKeys } from '@tianyuan/trace-api/keys/sweep-keys.ts';
import { ownerCheck } from '@tianyuan/trace-api/owner-token.ts';
import { citrusColourModel } from '@tianyuan/trace-api/quality/citrus-colour-model.ts';
import { openRecords } from '@tianyuan/trace-api/records/open-records.ts';
import { subscribeToReports } from '@tianyuan/trace-api/reports/follow-reports.ts';
import type { PlatformKey } from '@tianyuan/trace-api/records/platform-key.ts';
import { bytesToHex, logIdHex, provideSha256, publicKeyOf, signEd25519 } from '@tianyuan/protocol';
import type { SignedLog, UploadBody } from './signed-log.ts';

// As the service itself does where it is opened whole.
provideSha256((message) => hash('sha256', message, 'buffer'));

/** The platform's log of every suite: one database holds one. */
const platformSeed = new Uint8Array(32).fill(7);

export const platformKey: PlatformKey = {
  origin: 'platform.example/log',
  logId: logIdHex('platform.example/log'),
  publicKey: publicKeyOf(platformSeed),
  sign: (text) => signEd25519(platformSeed, text),
};

export const ownerToken = 'the-token-of-the-owner';

const deployment = {
  version: 1 as const,
  chainId: 7,
  genesisHash: `0x${'00'.repeat(32)}`,
  anchorLog: contract('a1'),
  deviceRegistry: contract('d1'),
};

/** The service over a database, without a socket and with a chain that the test speaks for. */
export function traceService(database: Database, publicUrl = 'https://trace.example') {
  const silent = newLogger('silent');
  const events = openEvents(database, inProcessBus(), silent);
  const records = openRecords(database, platformKey, events.publish);
  void subscribeToReports(events.bus, { database, records });
  const audit = openAudit({ queries: database.queries, records, logger: silent });
  const evidence: Evidence[] = [];
  const wanted: string[] = [];
  const app = createApp({
    database,
    logger: silent,
    registry: newMetricsRegistry(),
    chain: undefined,
    witness: undefined,
    records,
    audit,
    models: [citrusColourModel],
    wantNational: (batchId) => void wanted.push(batchId),
    isOwner: ownerCheck(ownerToken),
    publicUrl,
    checks: {},
    events: { onTaken: () => {}, onEvidence: (found) => evidence.push(found) },
  });
  let block = 1;
  const position = () => {
    block += 1;
    return {
      transactionHash: hex32(`7${block}`),
      blockNumber: block,
      blockHash: hex32(`b${block}`),
      blockTime: 1_800_000_000 + block,
      logIndex: 0,
    };
  };
  const json = (body: unknown, headers: Record<string, string> = {}) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

  return {
    app,
    records,
    bus: events.bus,
    /** Brings the events that wait to whoever listens. */
    dispatch: events.dispatch,
    publish: events.publish,
    evidence,
    /** batches that somebody looked at while the national platform's record was not live */
    wanted,
    audit,
    deployment,
    blockNumber: () => block,
    request: (path: string, init?: RequestInit) => Promise.resolve(app.request(path, init)),
    upload: (
      log: Pick<SignedLog, 'logId'>,
      from: number,
      body: UploadBody,
      headers: Record<string, string> = {},
    ) => Promise.resolve(app.request(`/api/v1/logs/${log.logId}/entries?from=${from}`, json(body, headers))),
    putBatch: (batchId: string, batch: unknown, token: string | undefined = ownerToken) =>
      Promise.resolve(
        app.request(`/api/v1/batches/${batchId}`, {
          ...json(batch, token === undefined ? {} : { authorization: `Bearer ${token}` }),
          method: 'PUT',
        }),
      ),
    async getJson<T = Record<string, unknown>>(
      path: string,
      headers: Record<string, string> = {},
    ): Promise<T> {
      const response = await app.request(path, { headers });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return (await response.json()) as T;
    },
    /** The chain enrols a device's or a log's key, and the service hears of it. */
    async enrol(name: string, publicKey: Uint8Array, keyNumber = 1): Promise<void> {
      const subject = logIdHex(name);
      await database.transaction((tx) =>
        applyKeyEvent(tx, {
          kind: 'KeyEnrolled',
          subjectKind: 'device',
          subject,
          publicKey,
          keyNumber,
          ...position(),
        }),
      );
      await sweepKeys(database, verifySignature);
    },
    /** The chain has a device's key hand over to its next one, which is enrolled with that. */
    async rotate(
      name: string,
      publicKey: Uint8Array,
      newPublicKey: Uint8Array,
      [lastBoot, lastSeq]: readonly [number, number],
      newKeyNumber = 2,
    ): Promise<void> {
      const subject = logIdHex(name);
      const rotation = { publicKey, newPublicKey, newKeyNumber, lastBoot, lastSeq };
      await database.transaction((tx) =>
        applyKeyEvent(tx, {
          kind: 'KeyRotated',
          subjectKind: 'device',
          subject,
          ...rotation,
          ...position(),
        }),
      );
      await this.enrol(name, newPublicKey, newKeyNumber);
    },
    async revoke(
      name: string,
      publicKey: Uint8Array,
      cuts: { logId: string; fromIndex: number }[] = [],
    ): Promise<void> {
      await database.transaction(async (tx) => {
        const subject = logIdHex(name);
        await applyKeyEvent(tx, {
          kind: 'KeyRevoked',
          subjectKind: 'device',
          subject,
          publicKey,
          ...position(),
        });
        for (const cut of cuts) await applyKeyEvent(tx, { kind: 'KeyCut', publicKey, ...cut, ...position() });
      });
      await sweepKeys(database, verifySignature);
    },
    /** The registrar names the first entry of a log that a revoked key does not count for. */
    async cut(publicKey: Uint8Array, logId: string, fromIndex: number): Promise<void> {
      const event = { kind: 'KeyCut' as const, publicKey, logId, fromIndex, ...position() };
      await database.transaction((tx) => applyKeyEvent(tx, event));
      await sweepKeys(database, verifySignature);
    },
    /** The chain takes the log's head as it is, or with another root, and the service hears of it. */
    async anchor(
      log: SignedLog,
      root: Uint8Array = log.root(),
      signature: Uint8Array = log.signature(),
    ): Promise<void> {
      const record = { logId: log.logId, oldSize: 0, size: log.size(), root, signature, ...position() };
      await database.transaction((tx) => applyAnchor(tx, record, deployment));
      await this.settle();
    },
    async settle(): Promise<void> {
      evidence.push(...(await settleAnchors(database.queries, verifySignature)));
    },
    sweep: () => sweepKeys(database, verifySignature),
  };
}

export type TraceService = ReturnType<typeof traceService>;

function contract(byte: string) {
  return {
    address: `0x${byte.repeat(20)}`,
    blockNumber: 1,
    codeHash: `0x${'00'.repeat(32)}`,
    abiVersion: '00000000',
  };
}

function hex32(text: string): string {
  return `0x${bytesToHex(new TextEncoder().encode(text)).padEnd(64, '0')}`;
}
