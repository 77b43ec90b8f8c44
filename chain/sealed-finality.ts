import { type Validators, bytesToHex, validatorsAt } from '@tianyuan/protocol';
import { judgeSeals } from '@tianyuan/protocol/evidence/judge-seals.ts';
import type { JsonRpcProvider } from 'ethers';
import { ChainError } from './chain-error.ts';
import { type RawBlock, readRawBlock } from './evidence/raw-block.ts';
import type { BlockId, Finality } from './finality.ts';

/** A rule with the validators whose seals it asks for. */
export type SealedRule = { validators: Validators } & (
  { kind: 'instant' } | { kind: 'confirmations'; blocks: number }
);

/** How many times the number of signers is read of later blocks until more than half of them have sealed one. */
const patience = 2;

/**
 * Whether enough of the pinned validators sealed a block and those after it, each the parent of the next: nothing of that is
 * the node's word, so one that lies about its head makes no block final. It says nothing of what is in the block, see
 * proven-anchors.ts. Two nodes' answers may mix; then it waits.
 * @throws ChainError UNTRUSTED_BLOCK where somebody else sealed one, EVIDENCE where a header is not of its hash
 */
export async function readSealedFinality(
  block: BlockId,
  rule: SealedRule,
  provider: JsonRpcProvider,
): Promise<Finality> {
  const first = await readRawBlock(provider, block.blockNumber);
  if (first === undefined) return 'waiting';
  if (first.hash !== block.blockHash) return 'vanished';
  const wanted = rule.kind === 'instant' ? 0 : rule.blocks;
  const signers = validatorsAt(rule.validators, block.blockNumber)?.size ?? 0;
  const blocks = [first];
  for (;;) {
    const later = blocks.length - 1;
    if (later >= wanted && isFinal(blocks, rule)) return 'final';
    if (later >= Math.max(wanted, signers * patience)) return 'waiting';
    const next = await readRawBlock(provider, block.blockNumber + blocks.length);
    if (next === undefined || `0x${bytesToHex(next.header.parentHash)}` !== blocks.at(-1)!.hash)
      return 'waiting';
    blocks.push(next);
  }
}

function isFinal(blocks: readonly RawBlock[], { validators, ...rule }: SealedRule): boolean {
  const { final } = judgeSeals(
    blocks.map(({ header }) => header),
    validators,
    rule,
  );
  if (final.status === 'failed') throw new ChainError('UNTRUSTED_BLOCK', untrusted(final.reason.en));
  return final.status === 'passed';
}

const untrusted = (reason: string): string =>
  `the node shows a block of others than the pinned validators (${reason}): ask another node; if a signer joined, pin the new ` +
  'set from its block on';
