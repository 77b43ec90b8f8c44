import { RLP } from '@ethereumjs/rlp';
import { equalBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type BlockHeader, hashHeader } from './block-header.ts';
import { recoverSigner } from './recover-signer.ts';

type Rlp = Uint8Array | Rlp[];

/** `[vanity, validators, vote, round, commit seals]` */
type ExtraData = [vanity: Rlp, validators: Rlp[], vote: Rlp, round: Uint8Array, seals: Uint8Array[]];

/** No consortium has more validators, and each seal costs a recovery. */
const maxSeals = 256;

const none = new Uint8Array(0);

/**
 * The hash of a QBFT block: keccak-256 of its header with no commit seals and round 0 in `extraData`, since both differ
 * among nodes that agree on the block. Besu: BftBlockHashing, QbftExtraDataCodec.
 * @throws ProtocolError HEADER
 */
export function hashQbftBlock(header: BlockHeader): Uint8Array {
  const [vanity, validators, vote] = decodeExtraData(header);
  return hashHeader(header, RLP.encode([vanity, validators, vote, none, []]));
}

/**
 * Who sealed a QBFT block: of each commit seal the address, undefined where it is nobody's. A commit seal signs the hash
 * of the header with the block's round and no commit seals in `extraData`.
 * @throws ProtocolError HEADER
 */
export function recoverCommitters(header: BlockHeader): (string | undefined)[] {
  const [vanity, validators, vote, round, seals] = decodeExtraData(header);
  const signed = hashHeader(header, RLP.encode([vanity, validators, vote, round, []]));
  return seals.map((seal) => recoverSigner(signed, seal));
}

function decodeExtraData({ extraData }: BlockHeader): ExtraData {
  let decoded: unknown;
  try {
    decoded = RLP.decode(extraData);
  } catch (cause) {
    throw new ProtocolError('HEADER', 'the extraData is not of QBFT', { cause });
  }
  if (!isExtraData(decoded) || !equalBytes(RLP.encode(decoded), extraData)) {
    throw new ProtocolError('HEADER', 'the extraData is not of QBFT');
  }
  return decoded;
}

function isExtraData(value: unknown): value is ExtraData {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const [, validators, , round, seals] = value as unknown[];
  return (
    Array.isArray(validators) &&
    round instanceof Uint8Array &&
    Array.isArray(seals) &&
    seals.length <= maxSeals &&
    seals.every((seal) => seal instanceof Uint8Array)
  );
}
