import type { ChainEvent, FollowStep } from '@tianyuan/chain';
import { type Cursor, cursorSchema } from '@tianyuan/chain/cursor.ts';
import { bytesToHex, sha256, utf8ToBytes } from '@tianyuan/protocol';
import { z } from 'zod';
import { type Store, readSetting, writeSetting } from '../keep/store.ts';
import { prepareFreeing } from './orphan-keys.ts';

/** What DeviceRegistry says about devices, as far as the chain was followed: kept here, and so known without a link. */
export type RegistryCopy = {
  /** where to go on from; undefined for another registry than the one that was followed */
  cursor: (registry: string) => Cursor | undefined;
  /** Takes a step over, with its cursor, in one transaction; tells whether devices have other keys since. */
  apply: (step: FollowStep, registry: string, ends: ReadonlyMap<string, number>) => boolean;
  /** the newest block that was seen; undefined before the first */
  block: () => number | undefined;
};

const storedSchema = z.strictObject({ cursor: cursorSchema, registry: z.string() });
const settingName = 'registry';

/** @param logId of this gateway's log, 64 hex digits */
export function openRegistryCopy(store: Store, logId: string): RegistryCopy {
  const { sqlite } = store;
  const insert = sqlite.prepare(
    `INSERT OR REPLACE INTO registry_events
       (block_number, log_index, kind, public_key, subject, key, last_boot, last_seq, cut_from)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const forgetAbove = sqlite.prepare('DELETE FROM registry_events WHERE block_number > ?');
  const adopt = prepareAdoption(sqlite);

  const read = () => {
    const text = readSetting(store, settingName);
    return text === undefined ? undefined : storedSchema.parse(JSON.parse(text));
  };

  const keep = (event: ChainEvent, ends: ReadonlyMap<string, number>): void => {
    const at = [event.blockNumber, event.logIndex] as const;
    switch (event.kind) {
      case 'KeyEnrolled':
        if (event.subjectKind !== 'device') return;
        insert.run(
          ...at,
          'enrolled',
          Buffer.from(event.publicKey),
          event.subject,
          event.keyNumber,
          null,
          null,
          null,
        );
        return;
      case 'KeyRotated':
        if (event.subjectKind !== 'device') return;
        insert.run(
          ...at,
          'rotated',
          Buffer.from(event.publicKey),
          event.subject,
          event.newKeyNumber,
          event.lastBoot,
          event.lastSeq,
          null,
        );
        return;
      case 'KeyRevoked': {
        if (event.subjectKind !== 'device') return;
        const end = ends.get(bytesToHex(event.publicKey)) ?? null;
        insert.run(...at, 'revoked', Buffer.from(event.publicKey), event.subject, null, null, null, end);
        return;
      }
      case 'KeyCut':
        if (event.logId !== logId) return;
        insert.run(...at, 'cut', Buffer.from(event.publicKey), null, null, null, null, event.fromIndex);
        return;
      case 'Appended':
      case 'LogOpened':
      case 'LogClosed':
        return;
      default:
        event satisfies never;
    }
  };

  const apply = sqlite.transaction(
    (step: FollowStep, registry: string, ends: ReadonlyMap<string, number>) => {
      // Blocks of another registry's chain say nothing about this one.
      if (read()?.registry !== registry) forgetAbove.run(-1);
      if (step.kind === 'rollback') forgetAbove.run(step.toBlock);
      else for (const event of step.events) keep(event, ends);
      const adopted = adopt();
      writeSetting(store, settingName, JSON.stringify({ cursor: step.cursor, registry }));
      return adopted;
    },
  );

  return {
    cursor(registry) {
      const stored = read();
      return stored?.registry === registry ? stored.cursor : undefined;
    },
    apply: (step, registry, ends) => apply.immediate(step, registry, ends),
    block: () => read()?.cursor.recent[0]!.number,
  };
}

/** From which entry of this gateway's log on a key does not count, where the registry revoked it. */
export function revokedFrom({ sqlite }: Pick<Store, 'sqlite'>, publicKey: Uint8Array): number | undefined {
  const first = sqlite
    .prepare("SELECT MIN(cut_from) FROM registry_events WHERE public_key = ? AND kind IN ('revoked', 'cut')")
    .pluck()
    .get(Buffer.from(publicKey)) as number | null;
  return first ?? undefined;
}

/**
 * A key that the registry has for a device that is known here is one of its keys, whoever enrolled it. What this gateway's
 * owner said under that number stays; `devices list` shows it, and the trace API judges by the registry.
 */
function prepareAdoption(sqlite: Store['sqlite']): () => boolean {
  sqlite.function('subject_of', { deterministic: true }, (id: unknown) =>
    bytesToHex(sha256(utf8ToBytes(String(id)))),
  );
  const insert = sqlite.prepare(
    `INSERT OR IGNORE INTO device_keys (device, key, public_key, source)
     SELECT d.device, e.key, e.public_key, 'registry' FROM devices d
     JOIN registry_events e ON e.subject = subject_of(d.device) AND e.kind = 'enrolled'
     WHERE NOT EXISTS (SELECT 1 FROM device_keys k WHERE k.public_key = e.public_key)`,
  );
  const free = prepareFreeing(sqlite);
  return () => free() + insert.run().changes > 0;
}
