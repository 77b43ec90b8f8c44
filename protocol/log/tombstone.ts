import * as z from 'zod';
import { canonicalize } from '../canonical-json.ts';
import { bytesToHex, decodeUtf8, utf8ToBytes } from '../encoding/bytes.ts';
import { deviceIdSchema } from '../message/fields.ts';

/** Why payloads went: the mirror has them and the chain has their root for good; or there was no room, and they are lost. */
const tombstoneReasons = ['mirrored', 'evicted'] as const;

const counting = z.int().min(1);
const natural = z.int().min(0);

/** A gateway never writes more; a reader need not read more. */
export const maxTombstoneDevices = 1024;

const deviceRangeSchema = z.strictObject({
  /** what its messages named; absent where they named none */
  batch: z.string().min(1).max(64).optional(),
  boot: counting,
  count: counting,
  device: deviceIdSchema,
  firstSeq: counting,
  key: counting,
  lastSeq: counting,
});

const tombstoneSchema = z.strictObject({
  devices: z.array(deviceRangeSchema).max(maxTombstoneDevices),
  /** log index of the first entry whose payload goes */
  from: natural,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  reason: z.enum(tombstoneReasons),
  /** log index after the last one */
  to: counting,
  v: z.literal(1),
});

/** Messages of one device, key, boot and batch among those whose payloads go. */
export type DeviceRange = z.infer<typeof deviceRangeSchema>;

/** What a tombstone entry commits to: whose payloads go, and why. Entries of other kinds in its range keep theirs. */
export type Tombstone = Omit<z.infer<typeof tombstoneSchema>, 'v' | 'nonce'>;

/** @param nonce 16 random bytes: nothing else of a tombstone is hard to guess */
export function encodeTombstone(tombstone: Tombstone, nonce: Uint8Array): Uint8Array {
  return utf8ToBytes(canonicalize({ v: 1, nonce: bytesToHex(nonce), ...tombstone }));
}

/** @returns undefined for anything that is no tombstone: a gateway's own words are judged, and never a reason to stop a log */
export function parseTombstone(payload: Uint8Array): Tombstone | undefined {
  try {
    const { v: _, nonce: __, ...tombstone } = tombstoneSchema.parse(JSON.parse(decodeUtf8(payload)));
    return tombstone.from < tombstone.to ? tombstone : undefined;
  } catch {
    return undefined;
  }
}
