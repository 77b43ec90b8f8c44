import { z } from 'zod';

const blockSchema = z.strictObject({ number: z.int().min(0), hash: z.string().regex(/^0x[0-9a-f]{64}$/) });

/**
 * Up to where a chain has been followed: JSON, for whoever follows to keep beside what came of the events. `recent` holds
 * blocks that were seen on the way, newest first, by which a chain that went back is met again: the last few each, older
 * ones ever sparser, some 60 at most.
 */
export const cursorSchema = z.strictObject({
  genesisHash: z.string().regex(/^0x[0-9a-f]{64}$/),
  recent: z.array(blockSchema).min(1).max(100),
});

export type Cursor = z.infer<typeof cursorSchema>;
export type SeenBlock = Cursor['recent'][number];

const keptEach = 10;

/** The cursor with one block more. */
export function advance({ genesisHash, recent }: Cursor, block: SeenBlock): Cursor {
  const kept = [block, ...recent];
  // Of the blocks whose age is between two powers of two the oldest stays: the next one to grow into the class above.
  const sparse = kept.filter((one, i) => {
    const next = kept[i + 1];
    return i < keptEach || next === undefined || ageClass(block, next) !== ageClass(block, one);
  });
  return { genesisHash, recent: sparse };
}

function ageClass(newest: SeenBlock, block: SeenBlock): number {
  return Math.floor(Math.log2(newest.number - block.number));
}
