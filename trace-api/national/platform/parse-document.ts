import { decodeUtf8 } from '@tianyuan/protocol';
import { z } from 'zod';
import { traceCodePattern } from '../national-trace-adapter.ts';

/**
 * A record as the platform has it: these members are certain, the others are the mapping's business, and what no mapping
 * knows is kept.
 */
const documentSchema = z.looseObject({
  schemaVersion: z.string().min(1).max(20),
  traceCode: z.string().regex(traceCodePattern),
});

export type NationalDocument = z.infer<typeof documentSchema>;

const maxDepth = 16; // the deepest that the contract names is 3

/** @returns the document, or why it is none */
export function parseDocument(body: Uint8Array, traceCode: string): NationalDocument | { wrong: string } {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(body));
  } catch (error) {
    return { wrong: `no JSON: ${(error as Error).message}` };
  }
  const odd = findOddity(value);
  if (odd !== undefined) return { wrong: odd };
  const parsed = documentSchema.safeParse(value);
  if (!parsed.success) return { wrong: z.prettifyError(parsed.error) };
  if (parsed.data.traceCode !== traceCode)
    return { wrong: `the record of ${parsed.data.traceCode}, which nobody asked for` };
  // zod copies what it checks; what was received is what is kept.
  return value as NationalDocument;
}

/** What JSON can say and no record has a use for; walked without recursion, since the depth is the sender's. */
function findOddity(root: unknown): string | undefined {
  const open: [value: unknown, depth: number][] = [[root, 0]];
  while (open.length > 0) {
    const [value, depth] = open.pop()!;
    if (typeof value !== 'object' || value === null) continue;
    if (depth === maxDepth) return `nested deeper than ${maxDepth}`;
    if (Object.hasOwn(value, '__proto__')) return 'a member called __proto__';
    for (const inner of Object.values(value)) open.push([inner, depth + 1]);
  }
  return undefined;
}
