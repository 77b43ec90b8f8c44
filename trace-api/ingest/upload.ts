import { type Checkpoint, entryLength, logIdHex, parseCheckpoint } from '@tianyuan/protocol';
import { z } from '@hono/zod-openapi';

/** An upload of a gateway spends at most this on one transaction here; see PROTOCOL section 7. */
const maxUploadEntries = 2048;
export const maxUploadBytes = 32 * 1024 * 1024;

export const logIdSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a log id is the SHA-256 of the origin in 64 lower-case hex digits')
  .openapi({ example: '9b74c9897bac770ffc029102a200c5de0123456789abcdef0123456789abcdef' });

export const uploadSchema = z
  .strictObject({
    checkpoint: z
      .string()
      .max(64 * 1024)
      .openapi({ description: 'C2SP signed note whose size is from + n' }),
    entries: z.string().openapi({ description: 'standard base64 of n × 56 bytes, 1 <= n <= 2048' }),
    payloads: z
      .array(z.string().nullable())
      .max(maxUploadEntries)
      .openapi({ description: 'n payloads in standard base64, null where withheld or evicted' }),
  })
  .openapi('Upload');

/** An upload as it claims to be: nothing of it is verified yet. */
export type Upload = {
  logId: string;
  /** index of the first entry */
  from: number;
  checkpoint: Checkpoint;
  note: string;
  /** n × 56 bytes */
  entries: Uint8Array;
  payloads: (Uint8Array | null)[];
};

/** @returns the upload, or a sentence that says what is wrong with it */
export function decodeUpload(
  logId: string,
  from: number,
  body: z.infer<typeof uploadSchema>,
): Upload | string {
  let checkpoint: Checkpoint;
  try {
    checkpoint = parseCheckpoint(body.checkpoint);
  } catch (error) {
    return `checkpoint: ${(error as Error).message}`;
  }
  if (logIdHex(checkpoint.origin) !== logId) return `the checkpoint is of ${checkpoint.origin}, another log`;
  const entries = decodeStandardBase64(body.entries);
  if (entries === undefined) return 'entries: not standard base64';
  const count = entries.length / entryLength;
  if (!Number.isInteger(count) || count < 1 || count > maxUploadEntries) {
    return `entries: ${entries.length} bytes are not 1 to ${maxUploadEntries} entries of ${entryLength} bytes`;
  }
  if (body.payloads.length !== count) return `${count} entries came with ${body.payloads.length} payloads`;
  if (from + count !== checkpoint.size) {
    return `entries ${from} to ${from + count - 1} do not lead to a checkpoint of size ${checkpoint.size}`;
  }
  const payloads: (Uint8Array | null)[] = [];
  for (const [i, text] of body.payloads.entries()) {
    const payload = text === null ? null : decodeStandardBase64(text);
    if (payload === undefined) return `payload ${i}: not standard base64`;
    payloads.push(payload);
  }
  return { logId, from, checkpoint, note: body.checkpoint, entries, payloads };
}

/** As strict as protocol's decodeBase64 and, being Node's own, quicker by far. */
function decodeStandardBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function entryAt(upload: Upload, i: number): Uint8Array {
  return upload.entries.subarray(i * entryLength, (i + 1) * entryLength);
}
