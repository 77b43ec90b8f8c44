import { type DeviceKey, type Keyring, keyName } from '../accept/verify-message.ts';
import type { Store } from '../keep/store.ts';

type Row = Omit<DeviceKey, 'revoked' | 'last'> & {
  revoked: number;
  ownBoot: number | null;
  ownSeq: number | null;
  registryBoot: number | null;
  registrySeq: number | null;
};

/**
 * What the owner says of keys and what DeviceRegistry says, in one: a key counts until the first of them ends it. What the
 * registry taught counts only as long as the registry says it: a chain that went back has taken it along.
 */
export function prepareKeyring(sqlite: Store['sqlite']): () => Keyring {
  const select = sqlite.prepare(
    `SELECT k.id, k.device, k.key, k.public_key AS publicKey,
       k.revoked OR d.revoked_at IS NOT NULL OR EXISTS (
         SELECT 1 FROM registry_events e WHERE e.public_key = k.public_key AND e.kind IN ('revoked', 'cut')) AS revoked,
       k.last_boot AS ownBoot, k.last_seq AS ownSeq, r.last_boot AS registryBoot, r.last_seq AS registrySeq
     FROM device_keys k
     LEFT JOIN devices d ON d.device = k.device
     LEFT JOIN registry_events r ON r.public_key = k.public_key AND r.kind = 'rotated'
     WHERE k.source = 'owner' OR EXISTS (
       SELECT 1 FROM registry_events e WHERE e.public_key = k.public_key AND e.kind = 'enrolled')`,
  );
  return () => new Map((select.all() as Row[]).map(toEntry));
}

function toEntry(row: Row): [string, DeviceKey] {
  const { ownBoot, ownSeq, registryBoot, registrySeq, ...key } = row;
  const last = earlier(endOf(ownBoot, ownSeq), endOf(registryBoot, registrySeq));
  return [keyName(key.device, key.key), { ...key, revoked: key.revoked === 1, ...(last && { last }) }];
}

type End = { boot: number; seq: number };

function endOf(boot: number | null, seq: number | null): End | undefined {
  return boot === null || seq === null ? undefined : { boot, seq };
}

function earlier(a: End | undefined, b: End | undefined): End | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.boot < b.boot || (a.boot === b.boot && a.seq <= b.seq) ? a : b;
}
