import type { BlockHeader } from './block-header.ts';
import { hashHeader } from './block-header.ts';
import { recoverSigner } from './recover-signer.ts';

const vanityLength = 32;
const sealLength = 65;

/**
 * Who sealed a block of Clique (EIP-225): the signature at the end of `extraData` over the header's hash without it.
 * Undefined where there is none.
 */
export function recoverSealer(header: BlockHeader): string | undefined {
  const { extraData } = header;
  if (extraData.length < vanityLength + sealLength) return undefined;
  const unsealed = extraData.subarray(0, -sealLength);
  return recoverSigner(hashHeader(header, unsealed), extraData.subarray(-sealLength));
}
