import { setTimeout as delay } from 'node:timers/promises';
import type { Registrar } from '@tianyuan/chain';
import { ChainError, isPassing } from '@tianyuan/chain/chain-error.ts';
import type { Logger } from 'pino';
import { retryForEver } from '../deliver/backoff.ts';
import type { Store } from '../keep/store.ts';

type Row = {
  id: number;
  kind: 'enrol' | 'rotate' | 'revoke';
  device: string;
  key: number;
  publicKey: Buffer;
  newPublicKey: Buffer | null;
  lastBoot: number | null;
  lastSeq: number | null;
  fromIndex: number | null;
  trouble: string | null;
};

/** What this gateway wants of DeviceRegistry and the registry does not show yet. */
export type RegistrationQueue = {
  pending: () => { kind: string; device: string; key: number; trouble: string | null }[];
  /** Tells the registry, for as long as the process runs; `connect` is asked for a hand when there is something to tell. */
  run: (connect: () => Promise<Registrar>, signal: AbortSignal) => Promise<void>;
};

/** How soon something that another process asked for is looked at. */
const lookMs = 2_000;
/** A refusal may be healed by people (a role, funds) or by time (a cut beyond what is anchored): no hurry. */
const refusedRetryMs = 60_000;
/** The gateways of one chain, which all lost it together. */
const unreachable = { initialMs: 10_000, maxMs: 60_000 };

/**
 * The wishes are rows, and what is done is what the followed copy of the registry shows: there is no third place that could
 * say otherwise. A kill between sending and seeing makes the wish be looked at again, and the registrar looks at the chain
 * before it sends; a chain that goes back takes its events along, and the wish is open again.
 */
export function openRegistrationQueue(
  store: Store,
  logger: Logger,
  origin: string,
  onFault: (error: unknown) => void = () => {},
): RegistrationQueue {
  const { sqlite } = store;
  // Keys from before there were requests.
  sqlite.exec(
    `INSERT INTO registry_requests (kind, device, key, public_key, requested_at)
     SELECT 'enrol', device, key, public_key, 0 FROM device_keys k
     WHERE source = 'owner' AND NOT EXISTS (
       SELECT 1 FROM registry_requests r
       WHERE (r.kind = 'enrol' AND r.public_key = k.public_key) OR r.new_public_key = k.public_key)
     ORDER BY device, key`,
  );
  const selectOpen = sqlite.prepare(
    `SELECT id, kind, device, key, public_key AS publicKey, new_public_key AS newPublicKey, last_boot AS lastBoot,
       last_seq AS lastSeq, from_index AS fromIndex, trouble
     FROM registry_requests r WHERE NOT CASE kind
       WHEN 'enrol' THEN EXISTS (SELECT 1 FROM registry_events e WHERE e.public_key = r.public_key AND e.kind = 'enrolled')
       WHEN 'rotate' THEN
         EXISTS (SELECT 1 FROM registry_events e WHERE e.public_key = r.new_public_key AND e.kind = 'enrolled')
         AND EXISTS (SELECT 1 FROM registry_events e WHERE e.public_key = r.public_key AND e.kind IN ('rotated', 'revoked'))
       ELSE
         EXISTS (SELECT 1 FROM registry_events e WHERE e.public_key = r.public_key AND e.kind = 'revoked')
         AND (r.from_index IS NULL OR EXISTS (
           SELECT 1 FROM registry_events e
           WHERE e.public_key = r.public_key AND e.kind = 'cut' AND e.cut_from <= r.from_index))
       END ORDER BY id`,
  );
  const setTrouble = sqlite.prepare(
    'UPDATE registry_requests SET trouble = ? WHERE id = ? AND trouble IS NOT ?',
  );
  const open = () => selectOpen.all() as Row[];
  const notBefore = new Map<number, number>();

  async function round(registrar: Registrar): Promise<void> {
    for (const row of open()) {
      if ((notBefore.get(row.id) ?? 0) > performance.now()) continue;
      try {
        const told = await tell(registrar, row, origin);
        setTrouble.run(null, row.id, null);
        if (told === 'told') logger.info(about(row), 'the registry was told');
      } catch (error) {
        // Nothing gets through: the rest would not either.
        if (isPassing(error) || !(error instanceof ChainError)) throw error;
        setTrouble.run(error.message, row.id, error.message);
        notBefore.set(row.id, performance.now() + refusedRetryMs);
        logger.warn({ ...about(row), err: error }, 'the registry refuses, and is asked again later');
      }
    }
  }

  return {
    pending: () => open().map(({ kind, device, key, trouble }) => ({ kind, device, key, trouble })),
    async run(connect, signal) {
      let registrar: Registrar | undefined;
      async function lookOnce(): Promise<void> {
        try {
          if (open().length > 0) await round((registrar ??= await connect()));
        } catch (error) {
          // A chain that was replaced has another deployment record.
          registrar?.close();
          registrar = undefined;
          throw error;
        }
      }
      const onFailure = (error: unknown, delayMs: number): void => {
        onFault(error);
        logger.debug({ err: error, retryInMs: Math.round(delayMs) }, 'the registry cannot be told now');
      };
      try {
        for (;;) {
          await retryForEver(lookOnce, signal, onFailure, unreachable);
          await delay(lookMs, undefined, { signal });
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        registrar?.close();
      }
    },
  };
}

function tell(registrar: Registrar, row: Row, origin: string): Promise<'told' | 'there'> {
  const { kind, device: id, key, publicKey } = row;
  switch (kind) {
    case 'enrol':
      return registrar.enrol({ kind: 'device', id, key, publicKey });
    case 'rotate':
      return registrar.rotate({
        id,
        key,
        oldPublicKey: publicKey,
        publicKey: row.newPublicKey!,
        lastBoot: row.lastBoot!,
        lastSeq: row.lastSeq!,
      });
    case 'revoke': {
      const cuts = row.fromIndex === null ? [] : [{ origin, fromIndex: row.fromIndex }];
      return registrar.revoke({ id, publicKey, cuts });
    }
  }
}

function about({ kind, device, key }: Row): object {
  return { request: kind, device, key };
}
