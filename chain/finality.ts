import type { JsonRpcProvider } from 'ethers';
import { type Validators, validatorsSchema } from '@tianyuan/protocol';
import { z } from 'zod';
import { readSavedBlock } from './local/state-file.ts';
import { type ToldAnchor, findInvented } from './proven-anchors.ts';
import { readSealedFinality } from './sealed-finality.ts';

/** When a block can't be undone any more, by what the chain is. */
export const finalityRuleSchema = z.discriminatedUnion('kind', [
  /** QBFT: a block is final when it is there; with validators, when enough of them signed it */
  z.strictObject({ kind: z.literal('instant'), validators: validatorsSchema.optional() }),
  /** Clique and other chains of one proposer a block: this many later blocks; with validators, sealed by more than half */
  z.strictObject({
    kind: z.literal('confirmations'),
    blocks: z.int().min(1),
    validators: validatorsSchema.optional(),
  }),
  /** a local chain: once a whole copy of its state that holds the block is on disk */
  z.strictObject({ kind: z.literal('anvil'), stateFile: z.string() }),
]);

export type FinalityRule = z.infer<typeof finalityRuleSchema>;

/** vanished: the chain has another block in its place, or lost it; whatever it held must be sent anew */
export type Finality = 'final' | 'waiting' | 'vanished';

export type BlockId = { blockNumber: number; blockHash: string };

/** The rule of a chain by what is configured of it. An anvil is final once its state file is written. */
export function finalityRuleOf(chain: {
  stateFile?: string | undefined;
  confirmations: number;
  validators?: Validators | undefined;
}): FinalityRule {
  const { stateFile, confirmations, validators } = chain;
  if (stateFile !== undefined) return { kind: 'anvil', stateFile };
  const pinned = validators && { validators };
  return confirmations > 0
    ? { kind: 'confirmations', blocks: confirmations, ...pinned }
    : { kind: 'instant', ...pinned };
}

/**
 * Whether a block can still be undone, and which of the anchors that a node told of are not in it. Where the rule has
 * validators, nothing of that is the node's word: their seals show the one, and the receipts under the sealed header the
 * other. Without validators both are the node's word.
 * @throws what the provider throws where the node does not answer; ChainError UNTRUSTED_BLOCK, EVIDENCE
 */
export async function readAnchorFinality(
  block: BlockId,
  anchors: readonly ToldAnchor[],
  rule: FinalityRule,
  provider: JsonRpcProvider,
): Promise<{ finality: Finality; invented: ToldAnchor[] }> {
  const finality = await readFinality(block, rule, provider);
  if (finality !== 'final' || rule.kind === 'anvil' || rule.validators === undefined)
    return { finality, invented: [] };
  const invented = await findInvented(provider, block, anchors);
  return invented === undefined ? { finality: 'waiting', invented: [] } : { finality, invented };
}

/**
 * Whether a block can still be undone. Where the rule has validators, the node's word counts for nothing: their seals do.
 * @throws what the provider throws where the node does not answer; ChainError UNTRUSTED_BLOCK
 */
export async function readFinality(
  block: BlockId,
  rule: FinalityRule,
  provider: JsonRpcProvider,
): Promise<Finality> {
  if (rule.kind !== 'anvil' && rule.validators !== undefined) {
    return readSealedFinality(block, { ...rule, validators: rule.validators }, provider);
  }
  // Before the chain is asked: what had been saved then is in every later life of the chain, so if the chain still has
  // the block after that, it has it for good.
  const saved = rule.kind === 'anvil' ? await readSavedBlock(rule.stateFile) : undefined;
  const there = await provider.getBlock(block.blockNumber);
  if (there !== null && there.hash !== block.blockHash) return 'vanished';
  switch (rule.kind) {
    case 'instant':
      return there === null ? 'waiting' : 'final';
    case 'confirmations': {
      if (there === null) return 'waiting'; // this node may be behind the one that told of the block
      return (await provider.getBlockNumber()) - block.blockNumber >= rule.blocks ? 'final' : 'waiting';
    }
    case 'anvil':
      if (there === null) return 'vanished';
      return saved !== undefined && saved >= block.blockNumber ? 'final' : 'waiting';
    default:
      return rule satisfies never;
  }
}
