import * as z from 'zod';

/** Who seals the blocks of a chain from a block on, until the next set. */
const validatorSetSchema = z.strictObject({
  fromBlock: z.int().min(0),
  addresses: z
    .array(z.string().regex(/^0x[0-9a-fA-F]{40}$/))
    .min(1)
    .max(256),
});

/** Whose seals make a block of the pinned chain believed with no node to ask: by block, in ascending order. */
export const validatorsSchema = z.strictObject({
  consensus: z.enum(['qbft', 'clique']),
  sets: z
    .array(validatorSetSchema)
    .min(1)
    .refine(
      (sets) => sets.every(({ fromBlock }, i) => i === 0 || fromBlock > sets[i - 1]!.fromBlock),
      'sets are in ascending order of fromBlock',
    ),
});

export type Validators = z.infer<typeof validatorsSchema>;

/** The set in force at a block, lower case; undefined before the first one. */
export function validatorsAt({ sets }: Validators, blockNumber: number): Set<string> | undefined {
  const set = sets.findLast(({ fromBlock }) => fromBlock <= blockNumber);
  return set && new Set(set.addresses.map((address) => address.toLowerCase()));
}

/** Commit seals that make a QBFT block: a third of the validators may be anything, and it is still the only one. */
export function qbftQuorum(count: number): number {
  return Math.ceil((2 * count) / 3);
}

/** Signers of whom Clique lets each seal once in as many blocks: more than half. */
export function cliqueMajority(count: number): number {
  return Math.floor(count / 2) + 1;
}
