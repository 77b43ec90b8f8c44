import type { AnchorCost } from '@tianyuan/chain';
import { desc, eq, sql } from 'drizzle-orm';
import { anchorDays } from '../keep/schema.ts';
import { type Store, readSetting, writeSetting } from '../keep/store.ts';

/** What anchoring cost on one day of the gateway's own calendar. `wei` is a decimal number, too large for others. */
export type DayCost = { day: string; transactions: number; gas: number; wei: string };

export type AnchorCosts = {
  /** Counts a transaction; the same one again is the same. @param at Unix ms */
  add: (transactionHash: string, cost: AnchorCost, at: number) => void;
  /** the newest days first, those only on which something was paid */
  days: (count: number) => DayCost[];
  total: () => { transactions: number; gas: number; wei: string };
};

/** Transactions of one account come one after the other: only the newest can be told of twice. */
const newestSetting = 'newestPaidTransaction';

export function openAnchorCosts(store: Store): AnchorCosts {
  const { db } = store;
  return {
    add(transactionHash, { gas, wei }, at) {
      db.transaction(
        (tx) => {
          if (readSetting(store, newestSetting) === transactionHash) return;
          const day = localDay(at);
          const before = tx.select().from(anchorDays).where(eq(anchorDays.day, day)).get();
          const row = {
            transactions: (before?.transactions ?? 0) + 1,
            gas: (before?.gas ?? 0) + gas,
            wei: String(BigInt(before?.wei ?? 0) + wei),
          };
          tx.insert(anchorDays)
            .values({ day, ...row })
            .onConflictDoUpdate({ target: anchorDays.day, set: row })
            .run();
          writeSetting(store, newestSetting, transactionHash);
        },
        // What is read first may be written by a command meanwhile: SQLITE_BUSY_SNAPSHOT, which waiting does not mend.
        { behavior: 'immediate' },
      );
    },
    days: (count) => db.select().from(anchorDays).orderBy(desc(anchorDays.day)).limit(count).all(),
    total() {
      const counted = db
        .select({
          transactions: sql<number>`coalesce(sum(transactions), 0)`,
          gas: sql<number>`coalesce(sum(gas), 0)`,
        })
        .from(anchorDays)
        .get()!;
      // Added up here: SQLite's integers end at 9 ether.
      const wei = db.select({ wei: anchorDays.wei }).from(anchorDays).all();
      return { ...counted, wei: String(wei.reduce((sum, row) => sum + BigInt(row.wei), 0n)) };
    },
  };
}

/** `2026-11-24`, by the machine's time zone. */
function localDay(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
