import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeAtomically } from './atomic-file.ts';
import { ChainError } from './chain-error.ts';

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);

const contractSchema = z.strictObject({
  /** lower case, as proof bundles have it */
  address: z.string().regex(/^0x[0-9a-f]{40}$/),
  /** the block that it was deployed in: nothing of it is older */
  blockNumber: z.int().min(0),
  /** keccak-256 of the code on the chain */
  codeHash: hash,
  /** which ABI speaks to it */
  abiVersion: z.string().regex(/^[0-9a-f]{8}$/),
});

/** The deployment record: where on which chain the contracts are. Whoever follows or anchors reads it. */
export const deploymentSchema = z.strictObject({
  version: z.literal(1),
  chainId: z.int().min(1),
  genesisHash: hash,
  anchorLog: contractSchema,
  deviceRegistry: contractSchema,
  /** which release of the contracts this is, as they say themselves; the first one did not say */
  release: z.int().min(1).optional(),
  /** the AnchorLog that these contracts took over from, lower case: logs are handed over from it */
  predecessor: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .optional(),
});

export type Deployment = z.infer<typeof deploymentSchema>;

/** @throws ChainError DEPLOYMENT_UNREADABLE */
export async function readDeployment(file: string): Promise<Deployment> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ChainError(
      'DEPLOYMENT_UNREADABLE',
      `there is no deployment record at ${file}: deploy first (\`chain deploy\`), or copy the record of whoever did`,
      { cause },
    );
  }
  try {
    return deploymentSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ChainError(
      'DEPLOYMENT_UNREADABLE',
      `${file} is no deployment record: copy it again from whoever deployed`,
      {
        cause,
      },
    );
  }
}

export async function writeDeployment(file: string, deployment: Deployment): Promise<void> {
  await writeAtomically(file, `${JSON.stringify(deployment, null, 2)}\n`);
}
