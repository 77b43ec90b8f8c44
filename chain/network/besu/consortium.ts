import { isIP } from 'node:net';
import { getAddress } from 'ethers';
import { z } from 'zod';
import { ChainError } from '../../chain-error.ts';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'lower-case letters, digits, dot and dash, at most 63');
const port = z.int().min(1).max(65_535);
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => getAddress(text.toLowerCase()).toLowerCase());

const nodeSchema = z.strictObject({
  name,
  /** where the others reach it: an IP address, as Besu's allowlists want it, or a host name */
  host: z
    .string()
    .refine(
      (host) => isIP(host) === 4 || /^[a-z0-9.-]{1,253}$/i.test(host),
      'an IPv4 address or a host name',
    ),
  p2pPort: port.default(30_303),
  rpcPort: port.default(8545),
  metricsPort: port.default(9545),
  /** 128 hex digits, of a key that its organisation made itself and keeps (`chain network key`); absent to make one here */
  publicKey: z
    .string()
    .regex(/^[0-9a-f]{128}$/)
    .optional(),
});

export const consortiumSchema = z.strictObject({
  chainId: z.int().min(1),
  blockPeriodSeconds: z.int().min(1).max(600).default(2),
  /** seal blocks; of different organisations */
  validators: z.array(nodeSchema).min(4, 'QBFT tolerates a faulty validator from four on').max(100),
  /** follow, and serve gateways and trace APIs; no vote */
  members: z.array(nodeSchema).max(200).default([]),
  /** the accounts that may send transactions; absent to let any, where the RPC ports are guarded otherwise */
  accounts: z.array(address).min(1).optional(),
});

/** What a consortium agrees on. Nothing in it is secret. */
export type Consortium = z.infer<typeof consortiumSchema>;
export type ConsortiumNode = z.infer<typeof nodeSchema>;

/** @throws ChainError REFUSED, naming the field and its rule */
export function parseConsortium(text: string, file: string): Consortium {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ChainError('REFUSED', `${file} is not JSON (${(cause as Error).message}): correct it`, {
      cause,
    });
  }
  const parsed = consortiumSchema.safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'file'}: ${message}`);
    throw new ChainError('REFUSED', `${file} describes no consortium:\n${lines.join('\n')}`);
  }
  const nodes = [...parsed.data.validators, ...parsed.data.members];
  for (const field of ['name', 'publicKey'] as const) {
    const values = nodes.flatMap((node) => node[field] ?? []);
    const twice = values.find((one, i) => values.indexOf(one) !== i);
    if (twice !== undefined)
      throw new ChainError('REFUSED', `${file} has two nodes of ${field} ${twice}: every node has its own`);
  }
  return parsed.data;
}
