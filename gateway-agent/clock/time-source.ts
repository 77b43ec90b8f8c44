/** What the system says of its clock. */
export type SyncReading = {
  /** whether something keeps the clock right now */
  synchronised: boolean;
  /** ms since a time server was last heard, where the source knows */
  ageMs?: number;
};

/** Whoever keeps the system's clock right, and how to ask. */
export type TimeSource = {
  name: string;
  /** undefined where this system has no such thing */
  read: () => Promise<SyncReading | undefined>;
};
