import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeBase64, encodeBase64 } from '@tianyuan/protocol';
import { z } from 'zod';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { ChainError } from '../chain-error.ts';
import { cursorSchema } from '../cursor.ts';

const natural = z.int().min(0);
/** base64 in the file, bytes here */
const bytes = z.codec(
  z.string(),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => decodeBase64(text),
    encode: (value) => encodeBase64(value),
  },
);

/** What alerts are about. Signed contradictions stay for ever; the others end when they are over. */
export const alertKinds = [
  /** the log's key signed two histories: one is anchored or was served before, another is served now */
  'EQUIVOCATION',
  /** what is served does not have the root of the checkpoint that is served with it */
  'ROOT_MISMATCH',
  /** a checkpoint, on the chain or served, that no key of the log in the registry signed */
  'SIGNATURE',
  /** a checkpoint under a key of the log beyond the size up to which the revoked key counts */
  'REVOKED_KEY',
  /** the public log has not grown, or has not answered, for too long */
  'SILENCE',
  /** what is served has not been anchored for too long */
  'LATE_ANCHOR',
  /** the chain has a larger size than the public log shows, for too long */
  'WITHHELD',
  /** the node does not answer, or not as one of this chain: nothing was compared with the chain */
  'CHAIN_UNREACHABLE',
] as const;

const alertSchema = z.strictObject({
  kind: z.enum(alertKinds),
  /** empty where it is about the chain */
  logId: z.string(),
  /** tells one alert of a kind and log from another */
  subject: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Unix ms */
  since: natural,
  /** Unix ms; absent while it lasts */
  until: natural.optional(),
});

const anchorSchema = z.strictObject({
  size: natural,
  root: bytes,
  signature: bytes,
  blockNumber: natural,
  /** Unix seconds */
  blockTime: natural,
  verified: z.boolean(),
});

const keySchema = z.strictObject({
  publicKey: bytes,
  blockNumber: natural,
  revoked: z.strictObject({ blockNumber: natural, anchoredSize: natural }).optional(),
  cuts: z.array(z.strictObject({ fromIndex: natural, blockNumber: natural })),
});

/** A compact range from the log's beginning: the tree so far, in as many hashes as its size has ones. */
const rangeSchema = z.strictObject({ size: natural, nodes: z.array(bytes) });

const logSchema = z.strictObject({
  origin: z.string().optional(),
  openedBlock: natural,
  closed: z.boolean(),
  /** where it was closed; absent in states from before it was kept */
  closedBlock: natural.optional(),
  keys: z.array(keySchema),
  /** ascending; those long verified are dropped and counted */
  anchors: z.array(anchorSchema),
  anchorsVerified: natural,
  /** recomputed from the entries: on the way to the next anchor, at least to the newest verified one; and to what is served */
  anchored: rangeSchema,
  tip: rangeSchema,
  /** the newest note whose root and signature were right, and when it came (Unix ms) */
  note: z.string().optional(),
  /** such notes, the newest last, so many as are kept: a smaller log that is served again has to be one of these */
  notes: z.array(z.strictObject({ size: natural, root: bytes, note: z.string() })).optional(),
  grewAt: natural,
  /** at the last look */
  seenSizes: z.strictObject({ anchored: natural, served: natural }),
  /** since when there is something that is not anchored, and something anchored that is not served; Unix ms */
  unanchoredSince: natural.optional(),
  withheldSince: natural.optional(),
});

const stateSchema = z.strictObject({
  version: z.literal(1),
  cursor: cursorSchema.optional(),
  logs: z.record(z.string(), logSchema),
  alerts: z.array(alertSchema),
});

export type Alert = z.infer<typeof alertSchema>;
export type MonitoredLog = z.infer<typeof logSchema>;
export type MonitoredAnchor = z.infer<typeof anchorSchema>;
export type MonitoredKey = z.infer<typeof keySchema>;
export type MonitorState = z.infer<typeof stateSchema>;

export function newState(): MonitorState {
  return { version: 1, logs: {}, alerts: [] };
}

/** What an earlier run kept; a new state where there is no file. @throws ChainError STATE_UNREADABLE */
export async function readState(file: string): Promise<MonitorState> {
  const text = await readIfThere(file);
  if (text === undefined) return newState();
  try {
    return z.decode(stateSchema, JSON.parse(text) as z.input<typeof stateSchema>);
  } catch (cause) {
    throw new ChainError(
      'STATE_UNREADABLE',
      `${file} is no monitor's state: move it away, and everything is checked anew`,
      {
        cause,
      },
    );
  }
}

export async function writeState(file: string, state: MonitorState): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeAtomically(file, `${JSON.stringify(z.encode(stateSchema, state))}\n`);
}
