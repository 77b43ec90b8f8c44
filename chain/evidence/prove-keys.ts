import { hexToBytes } from '@tianyuan/protocol';
import {
  type RegistrySlots,
  recordSlots,
  registryLayout,
} from '@tianyuan/protocol/evidence/registry-record.ts';
import { type JsonRpcProvider, getBytes, hexlify, toBigInt, toQuantity } from 'ethers';
import { z } from 'zod';
import type { Deployment } from '../deployment.ts';

const nodes = z.array(z.string().transform((hex) => getBytes(hex)));

const proofSchema = z.object({
  accountProof: nodes,
  storageHash: z.string(),
  storageProof: z.array(z.object({ value: z.string().transform(toBigInt), proof: nodes })),
});

/** Nodes of the state trie that prove DeviceRegistry's account, and the root of its storage (0x hex). */
export type RegistryAccount = { nodes: Uint8Array[]; storageRoot: string };

/** As of a block. @throws what the node says where it has that state no longer */
export async function proveRegistry(
  provider: JsonRpcProvider,
  { deviceRegistry }: Deployment,
  blockNumber: number,
): Promise<RegistryAccount> {
  const { accountProof, storageHash } = await getProof(provider, deviceRegistry.address, [], blockNumber);
  return { nodes: accountProof, storageRoot: storageHash };
}

/**
 * The nodes of the registry's storage trie that prove its record of one key, enrolled or not, for one log. They stay right
 * for as long as the registry's storage has this root.
 */
export async function proveKey(
  provider: JsonRpcProvider,
  deployment: Deployment,
  blockNumber: number,
  { publicKey, logId }: { publicKey: Uint8Array; logId: string },
): Promise<{ nodes: Uint8Array[]; storageRoot: string }> {
  const slots = recordSlots(publicKey, hexToBytes(logId), registrySlotsOf(deployment));
  const prove = (...wanted: Uint8Array[]) =>
    getProof(provider, deployment.deviceRegistry.address, wanted, blockNumber);
  const proof = await prove(slots.subject, slots.state);
  const { offset } = registryLayout.status;
  const status = Number((proof.storageProof[1]!.value >> BigInt(8 * offset)) & 0xffn);
  const ended = [...(status >= rotated ? [slots.rotation] : []), ...(status === revoked ? [slots.cut] : [])];
  const more = ended.length > 0 ? (await prove(...ended)).storageProof : [];
  return {
    nodes: [...proof.storageProof, ...more].flatMap((slot) => slot.proof),
    storageRoot: proof.storageHash,
  };
}

/** Where the contracts of a deployment keep their records: the first release inherited less than the present one. */
export function registrySlotsOf({ release = 1 }: Deployment): RegistrySlots {
  return release === 1 ? { keys: 1, cuts: 3 } : registryLayout.slots;
}

/** Of IDeviceRegistry.KeyStatus; one that was revoked may have been rotated before. */
const [rotated, revoked] = [2, 3];

async function getProof(
  provider: JsonRpcProvider,
  address: string,
  slots: Uint8Array[],
  blockNumber: number,
): Promise<z.infer<typeof proofSchema>> {
  const params = [address, slots.map((slot) => hexlify(slot)), toQuantity(blockNumber)];
  return proofSchema.parse(await provider.send('eth_getProof', params));
}
