import type { Queries } from '@tianyuan/platform';
import { logSignature, utf8ToBytes } from '@tianyuan/protocol';
import { keyText, readRevocations, readSubjectKeys } from '../keys/read-keys.ts';
import type { VerifySignature } from './examine-entry.ts';
import type { Upload } from './upload.ts';
import type { UploadRefusal } from './upload-refusal.ts';

/** The checkpoint is signed with a key that the registry has for this log and that still counts. */
export async function refuseSigner(
  queries: Queries,
  { logId, checkpoint }: Upload,
  verify: VerifySignature,
): Promise<UploadRefusal | undefined> {
  const logKeys = await readSubjectKeys(queries, logId);
  if (logKeys.length === 0) {
    const detail = `${checkpoint.origin} is not enrolled as a log, or the mirror of the registry has not seen it yet`;
    return { refused: 'UNKNOWN_LOG', detail };
  }
  const text = utf8ToBytes(checkpoint.text);
  const signer = logKeys.find(({ publicKey }) => {
    const signature = logSignature(checkpoint, publicKey);
    return signature?.bytes.length === 64 && verify(publicKey, text, signature.bytes);
  });
  if (signer === undefined) {
    const detail = `no enrolled key of ${checkpoint.origin} signed this checkpoint of size ${checkpoint.size}`;
    return { refused: 'BAD_CHECKPOINT_SIGNATURE', detail };
  }
  // Nothing is taken under a suspect checkpoint either: whoever has the key could fill the mirror. What an honest gateway
  // logged meanwhile comes again, in the log that succeeds this one.
  const revocation = (await readRevocations(queries, [signer.id], logId)).get(signer.id);
  if (revocation !== undefined && checkpoint.size > revocation.from) {
    const detail = `key ${keyText(signer.publicKey)} of ${checkpoint.origin} is revoked from entry ${revocation.from} on`;
    return { refused: 'BAD_CHECKPOINT_SIGNATURE', detail };
  }
  return undefined;
}
