import { type Queries, bulk } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { entries } from '../database/schema.ts';
import type { Judged } from './examine-entry.ts';
import { type FirstSeen, seenName } from './settle-entries.ts';

type Named = { key: number; boot: number; seq: number };

/**
 * Which of these messages' (key, boot, seq) are mirrored already. Devices count upwards, so mostly one look at the newest
 * message of each key says none; only what is not newer is looked up one by one.
 */
export async function readSeen(tx: Queries, judged: readonly Judged[]): Promise<Map<string, FirstSeen>> {
  const named = judged.flatMap(({ key, signed }): Named[] =>
    key === null || signed === null
      ? []
      : [{ key: key.id, boot: signed.message.boot, seq: signed.message.seq }],
  );
  if (named.length === 0) return new Map();
  const newest = await readNewest(tx, [...new Set(named.map(({ key }) => key))]);
  return readFirst(
    tx,
    named.filter(({ key, boot, seq }) => {
      const last = newest.get(key);
      return last !== undefined && (boot < last.boot || (boot === last.boot && seq <= last.seq));
    }),
  );
}

async function readNewest(tx: Queries, keys: number[]): Promise<Map<number, { boot: number; seq: number }>> {
  const { rows } = await tx.execute<Record<'key' | 'boot' | 'seq', number | string>>(sql`
    select k.key, newest.boot, newest.seq
    from unnest(${bulk.int4(keys)}) as k (key)
    cross join lateral (
      select e.boot, e.seq from ${entries} e
      where e.key = k.key and e.verified order by e.boot desc, e.seq desc limit 1
    ) as newest`);
  return new Map(rows.map((row) => [Number(row.key), { boot: Number(row.boot), seq: Number(row.seq) }]));
}

async function readFirst(tx: Queries, named: readonly Named[]): Promise<Map<string, FirstSeen>> {
  if (named.length === 0) return new Map();
  const { rows } = await tx.execute<
    Record<'key' | 'boot' | 'seq' | 'log' | 'index', number | string> & { payload_hash: Uint8Array }
  >(sql`
    select e.key, e.boot, e.seq, e.log, e.index, substring(e.entry from 25) as payload_hash
    from unnest(
      ${bulk.int4(named.map(({ key }) => key))},
      ${bulk.int8(named.map(({ boot }) => boot))},
      ${bulk.int8(named.map(({ seq }) => seq))}
    ) as n (key, boot, seq)
    join ${entries} e on e.key = n.key and e.boot = n.boot and e.seq = n.seq and e.verified`);
  return new Map(
    rows.map((row) => [
      seenName(Number(row.key), Number(row.boot), Number(row.seq)),
      { log: Number(row.log), index: Number(row.index), payloadHash: row.payload_hash },
    ]),
  );
}
