import { verifyEd25519 } from '../ed25519.ts';
import { concatBytes, equalBytes, utf8ToBytes } from '../encoding/bytes.ts';
import type { Checkpoint, SignText } from './checkpoint.ts';
import { type NoteSignature, keyId, signatureTypes } from './signed-note.ts';

/** A cosigner that a verifier knows. */
export type Witness = { name: string; publicKey: Uint8Array };

/**
 * C2SP tlog-cosignature, Ed25519.
 * @param time Unix seconds
 */
export function cosign(text: string, time: number, witness: Witness, sign: SignText): NoteSignature {
  const timestamp = new Uint8Array(8);
  new DataView(timestamp.buffer).setBigUint64(0, BigInt(time));
  return {
    keyName: witness.name,
    keyId: keyId(witness.name, signatureTypes.cosignature, witness.publicKey),
    bytes: concatBytes(timestamp, sign(cosignedMessage(text, BigInt(time)))),
  };
}

/** A witness's verdict: `absent` where the checkpoint carries no line of this witness's name and key. */
export function verifyCosignature(checkpoint: Checkpoint, witness: Witness): 'valid' | 'invalid' | 'absent' {
  const id = keyId(witness.name, signatureTypes.cosignature, witness.publicKey);
  const line = checkpoint.signatures.find((one) => one.keyName === witness.name && equalBytes(one.keyId, id));
  if (line === undefined) return 'absent';
  if (line.bytes.length !== 72) return 'invalid';
  const time = new DataView(line.bytes.buffer, line.bytes.byteOffset).getBigUint64(0);
  if (time >= 2n ** 63n) return 'invalid';
  const message = cosignedMessage(checkpoint.text, time);
  return verifyEd25519(witness.publicKey, message, line.bytes.subarray(8)) ? 'valid' : 'invalid';
}

function cosignedMessage(text: string, time: bigint): Uint8Array {
  return utf8ToBytes(`cosignature/v1\ntime ${time}\n${text}`);
}
