import * as z from 'zod';
import { decodeBase64 } from '../encoding/base64.ts';
import { validatorsSchema } from '../evidence/validators.ts';
import type { JsonRpc } from './json-rpc.ts';

/** When an anchor cannot be undone any more, by what the chain is. */
export const finalityRuleSchema = z.discriminatedUnion('kind', [
  /** QBFT: a block is final when it is there */
  z.strictObject({ kind: z.literal('instant') }),
  /** Clique and other chains of one proposer a block: this many later blocks */
  z.strictObject({ kind: z.literal('confirmations'), blocks: z.int().min(1) }),
  /** a local anvil, which writes its state file every so often: nothing before two writes */
  z.strictObject({ kind: z.literal('anvil'), stateIntervalMs: z.int().min(1) }),
]);

const rules = { qbft: 'instant', clique: 'confirmations' } as const;

export type FinalityRule = z.infer<typeof finalityRuleSchema>;

const publicKeySchema = z.string().refine((text) => {
  try {
    return decodeBase64(text).length === 32;
  } catch {
    return false;
  }
}, 'a public key is the base64 of 32 bytes');

/** The part of a policy that is data: what a `trust-policy.json` holds. Every member that is absent trusts nothing. */
export const trustPolicySchema = z.strictObject({
  chain: z
    .strictObject({
      chainId: z.int().min(1),
      anchorLog: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
      deviceRegistry: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
      finality: finalityRuleSchema,
      /** whose seals are believed with no node to ask: what makes a bundle's own evidence count */
      validators: validatorsSchema.optional(),
      /** where that DeviceRegistry keeps its records; as in the present version where absent */
      registrySlots: z.strictObject({ keys: z.int().min(0), cuts: z.int().min(0) }).optional(),
    })
    .refine(
      ({ finality, validators }) => validators === undefined || rules[validators.consensus] === finality.kind,
      'validators of qbft go with the finality rule "instant", those of clique with "confirmations"',
    )
    .optional(),
  /** checkpoint keys that need no registry */
  logs: z.array(z.strictObject({ origin: z.string(), publicKey: publicKeySchema })).optional(),
  /** device keys that need no registry */
  devices: z
    .array(z.strictObject({ id: z.string(), key: z.int().min(1), publicKey: publicKeySchema }))
    .optional(),
  /** at least `quorum` of these must have cosigned */
  witnesses: z
    .strictObject({
      quorum: z.int().min(1),
      keys: z.array(z.strictObject({ name: z.string(), publicKey: publicKeySchema })),
    })
    .optional(),
});

/** What a verifier trusts, pinned by the verifier and never taken from a bundle. */
export type TrustPolicy = z.infer<typeof trustPolicySchema> & {
  /** a node of the pinned chain to ask; without one, the chain's word is not checked */
  rpc?: JsonRpc;
  /** the verifier's clock, Unix ms; the system's where absent */
  now?: () => number;
};
