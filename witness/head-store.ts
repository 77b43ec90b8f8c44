import type { WitnessedHead } from '@tianyuan/protocol';

/** The newest checkpoint of each log that a witness cosigned. What it loses, it must never sign again for. */
export type HeadStore = {
  /** size 0 where none was cosigned */
  read: (origin: string) => Promise<WitnessedHead>;
  /**
   * Puts `next` in the place of `last`, durably, before it resolves; false, and nothing done, where the store has another
   * head by now. The comparison and the change are one step, for every process on the store.
   */
  advance: (origin: string, last: WitnessedHead, next: WitnessedHead) => Promise<boolean>;
};
