import { type Interface, Result, getBytes } from 'ethers';
import { z } from 'zod';
import { bareHex } from './contracts.ts';
import type { ChainNode } from './node.ts';

// What a contract answers is parsed like everything that comes from outside: these are the ABI's types as we hold them.

/** uint64 and smaller: every size, index, count and time of ours is below 2^53 */
export const natural = z.bigint().transform(Number);
/** bytes and bytes32 as bytes */
export const bytes = z.string().transform((hex) => getBytes(hex));
/** bytes32 as 64 hex digits */
export const bareHash = z.string().transform((hex) => bareHex(hex));
/** bytes32 as 64 hex digits, undefined for zero */
export const optionalHash = bareHash.transform((hex) => (/^0+$/.test(hex) ? undefined : hex));
/** an enum of a contract, by its names in the contract's order */
export const oneOf = <const T extends string>(names: readonly T[]) =>
  z.bigint().transform((i) => names[Number(i)]!);

export type ContractAt = { address: string; abi: Interface };

/** Calls a view on the newest block. A struct, or several named answers, come as an object; one answer as itself. */
export async function readView<T>(
  node: ChainNode,
  { address, abi }: ContractAt,
  name: string,
  args: unknown[],
  schema: z.ZodType<T>,
): Promise<T> {
  const data = abi.encodeFunctionData(name, args);
  return node.ask(async (provider) => {
    const answers = abi.decodeFunctionResult(name, await provider.call({ to: address, data }));
    if (answers.length > 1) return schema.parse(answers.toObject());
    const [answer] = answers.toArray() as unknown[];
    return schema.parse(answer instanceof Result ? answer.toObject() : answer);
  });
}
