import { readFile } from 'node:fs/promises';
import { decodeBase64 } from '@tianyuan/protocol';
import { z } from 'zod';
import type { KeyRevocation, KeyRotation } from './change-keys.ts';
import { ChainError } from './chain-error.ts';
import type { KeyToEnrol } from './enrol.ts';

const keyMembers = { key: z.int().min(1).default(1), publicKey: z.string() };

/** What `chain enrol` is given. Public keys are standard base64 of 32 bytes. */
const enrolmentFileSchema = z.strictObject({
  /** whose keys and logs these are; one organisation a file */
  organisation: z.string().min(1).optional(),
  devices: z.array(z.strictObject({ device: z.string().min(1), ...keyMembers })).default([]),
  /** a device's next key, and the last message of the one that it takes over from */
  rotations: z
    .array(
      z.strictObject({
        device: z.string().min(1),
        key: z.int().min(2),
        oldPublicKey: z.string(),
        publicKey: z.string(),
        lastBoot: z.int().min(0),
        lastSeq: z.int().min(0),
      }),
    )
    .default([]),
  revocations: z
    .array(
      z.strictObject({
        device: z.string().min(1),
        publicKey: z.string(),
        cuts: z.array(z.strictObject({ origin: z.string().min(1), fromIndex: z.int().min(0) })).default([]),
      }),
    )
    .default([]),
  persons: z.array(z.strictObject({ person: z.string().min(1), ...keyMembers })).default([]),
  logs: z
    .array(
      z.strictObject({
        origin: z.string().min(1),
        /** where the file does not say it above */
        organisation: z.string().min(1).optional(),
        /** address of the account that appends; with a phrase it is derived from the origin */
        anchorer: z
          .string()
          .regex(/^0x[0-9a-fA-F]{40}$/)
          .optional(),
        ...keyMembers,
      }),
    )
    .default([]),
});

export type EnrolmentFile = {
  /** undefined only where there are neither keys nor logs */
  organisation: string | undefined;
  keys: KeyToEnrol[];
  rotations: KeyRotation[];
  revocations: KeyRevocation[];
  logs: { origin: string; anchorer: string | undefined }[];
};

/**
 * @param organisation whose the file is, as what a gateway exports does not say
 * @throws ChainError REFUSED, which names the file and the member
 */
export async function readEnrolmentFile(
  file: string,
  organisation: string | undefined,
): Promise<EnrolmentFile> {
  try {
    const read = enrolmentFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const { devices, persons, logs, rotations, revocations } = read;
    return {
      organisation: theOneOrganisation(read, organisation),
      keys: [
        ...devices.map((one) => ({ ...one, kind: 'device' as const, id: one.device })),
        ...persons.map((one) => ({ ...one, kind: 'person' as const, id: one.person })),
        ...logs.map((one) => ({ ...one, kind: 'log' as const, id: one.origin })),
      ].map(({ kind, id, key, publicKey }) => ({ kind, id, key, publicKey: decodeBase64(publicKey) })),
      rotations: rotations.map(({ device: id, oldPublicKey, publicKey, ...rest }) => ({
        id,
        oldPublicKey: decodeBase64(oldPublicKey),
        publicKey: decodeBase64(publicKey),
        ...rest,
      })),
      revocations: revocations.map(({ device: id, publicKey, cuts }) => ({
        id,
        publicKey: decodeBase64(publicKey),
        cuts,
      })),
      logs: logs.map(({ origin, anchorer }) => ({ origin, anchorer })),
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ChainError('REFUSED', `${file} can't be enrolled from: ${why}`, { cause });
  }
}

/** One account opens the logs and one registrar enrols the keys, and both are of one organisation. */
function theOneOrganisation(
  { devices, persons, logs, organisation: ofAll }: z.infer<typeof enrolmentFileSchema>,
  given: string | undefined,
): string | undefined {
  const named = new Set([given, ofAll, ...logs.map(({ organisation }) => organisation)]);
  named.delete(undefined);
  if (named.size > 1)
    throw new Error(`a file is of one organisation, and this is of ${[...named].join(', ')}`);
  const [organisation] = named;
  if (organisation === undefined && devices.length + persons.length + logs.length > 0)
    throw new Error('it does not say whose keys and logs these are: add "organisation", or --organisation');
  return organisation;
}
