import { bytesToHex, logId } from '@tianyuan/protocol';
import { hexlify } from 'ethers';
import { z } from 'zod';
import { ChainError } from './chain-error.ts';
import { deviceRegistryInterface, keyStatuses, subjectKinds } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { type KeyToEnrol, enrol } from './enrol.ts';
import { type ChainNode, type NodeAddress, openNode } from './node.ts';
import type { Organisation } from './organisation.ts';
import { readRevocations } from './registry.ts';
import { type Transactor, type TransactorOptions, openTransactor } from './transactor.ts';
import { bareHash, bytes, natural, oneOf, readView } from './view.ts';

/** A key that takes over; `key` is its number, `lastBoot` and `lastSeq` the old one's last message. Keys are 32 bytes. */
export type KeyRotation = {
  id: string;
  key: number;
  oldPublicKey: Uint8Array;
  publicKey: Uint8Array;
  lastBoot: number;
  lastSeq: number;
};

/** A key that ends; in the logs of `cuts` from an entry on, elsewhere from what was anchored at that moment. */
export type KeyRevocation = {
  id: string;
  publicKey: Uint8Array;
  cuts: { origin: string; fromIndex: number }[];
};

/** Whether the registry was told, or had it already. */
export type Told = 'told' | 'there';

/** A registrar's hand. Each call looks first, so that what was done by a call whose answer was lost is not done again. */
export type Registrar = {
  enrol: (key: KeyToEnrol) => Promise<Told>;
  rotate: (rotation: KeyRotation) => Promise<Told>;
  revoke: (revocation: KeyRevocation) => Promise<Told>;
  close: () => void;
};

export type RegistrarOptions = Omit<NodeAddress, 'chainId'> &
  TransactorOptions & {
    deployment: Deployment;
    /** of an account that is registrar of `keysOf` */
    registrarKey: string;
    /** whose keys are enrolled; not needed where only those that are there are rotated or revoked */
    keysOf?: Organisation;
  };

const recordSchema = z.object({
  publicKey: bytes,
  subject: bareHash,
  kind: oneOf(subjectKinds),
  status: oneOf(keyStatuses),
  keyNumber: natural,
});

/** @throws ChainError ACCOUNT_UNREADABLE; the calls whatever sending meets, and KEY_CONFLICT */
export function openRegistrar(options: RegistrarOptions): Registrar {
  const { deployment } = options;
  const node = openNode({ ...options, chainId: deployment.chainId });
  const account = openTransactor(node, options.registrarKey, options);
  const registry = { address: deployment.deviceRegistry.address, abi: deviceRegistryInterface };
  const recordOf = (publicKey: Uint8Array) =>
    readView(node, registry, 'keyRecord', [hexlify(publicKey)], recordSchema);

  return {
    async enrol(key) {
      const { enrolled } = await enrol({ ...options, keys: [key] });
      return enrolled === 1 ? 'told' : 'there';
    },
    async rotate({ id, key, oldPublicKey, publicKey, lastBoot, lastSeq }) {
      const [old, fresh] = [await recordOf(oldPublicKey), await recordOf(publicKey)];
      if (fresh.status !== 'unknown') {
        if (fresh.subject === old.subject && old.status !== 'active') return 'there';
        throw new ChainError(
          'KEY_CONFLICT',
          `the new key of ${id}, ${bytesToHex(publicKey)}, is enrolled already as key ${fresh.keyNumber} of ` +
            `${fresh.subject}, and no key handed over to it: have the device make another`,
        );
      }
      // Revoked by somebody else meanwhile: there is nothing left to hand over.
      if (old.status === 'revoked') {
        await enrol({
          ...options,
          keys: [{ kind: old.kind, id, key, publicKey }],
          keysOf: { ofSubject: id },
        });
        return 'told';
      }
      await call(account, deployment, 'rotate', [
        hexlify(oldPublicKey),
        hexlify(publicKey),
        lastBoot,
        lastSeq,
      ]);
      return 'told';
    },
    async revoke({ publicKey, cuts }) {
      const missing = await missingCuts(node, deployment, publicKey, cuts);
      const { status } = await recordOf(publicKey);
      if (status === 'revoked' && missing.length === 0) return 'there';
      await call(account, deployment, 'revoke', [hexlify(publicKey), missing]);
      return 'told';
    },
    close: () => node.close(),
  };
}

/** Cuts move towards the beginning of a log only: what is cut there or earlier is as was asked. */
async function missingCuts(
  node: ChainNode,
  deployment: Deployment,
  publicKey: Uint8Array,
  cuts: KeyRevocation['cuts'],
): Promise<[string, number][]> {
  const ids = cuts.map(({ origin }) => bytesToHex(logId(origin)));
  const known = await readRevocations(node, deployment, publicKey, ids);
  return cuts.flatMap(({ fromIndex }, i): [string, number][] => {
    const there = known[i];
    return there?.isNamed && there.fromIndex <= fromIndex ? [] : [[`0x${ids[i]}`, fromIndex]];
  });
}

async function call(
  account: Transactor,
  { deviceRegistry }: Deployment,
  name: 'rotate' | 'revoke',
  args: unknown[],
): Promise<void> {
  const data = deviceRegistryInterface.encodeFunctionData(name, args);
  await account.confirm(await account.send({ to: deviceRegistry.address, data }));
}

/** What a registrar is to do in one go: keys and rotations by number, for a number needs the one before it; revocations last. */
export async function changeKeys(
  options: RegistrarOptions,
  changes: { keys: KeyToEnrol[]; rotations: KeyRotation[]; revocations: KeyRevocation[] },
): Promise<{ rotated: number; revoked: number }> {
  const done = { rotated: 0, revoked: 0 };
  const registrar = openRegistrar(options);
  const steps = [
    ...changes.keys.map((key) => ({ key: key.key, run: () => registrar.enrol(key), counts: false })),
    ...changes.rotations.map((one) => ({ key: one.key, run: () => registrar.rotate(one), counts: true })),
  ].toSorted((a, b) => a.key - b.key);
  try {
    for (const { run, counts } of steps) if ((await run()) === 'told' && counts) done.rotated += 1;
    for (const one of changes.revocations) if ((await registrar.revoke(one)) === 'told') done.revoked += 1;
    return done;
  } finally {
    registrar.close();
  }
}

/** The keys that can be enrolled all at once: those of subjects that no rotation is about. */
export function withoutRotated(keys: KeyToEnrol[], rotations: KeyRotation[]): [KeyToEnrol[], KeyToEnrol[]] {
  const rotated = new Set(rotations.map(({ id }) => id));
  const isLater = ({ kind, id, key }: KeyToEnrol) => kind === 'device' && rotated.has(id) && key > 1;
  return [keys.filter((key) => !isLater(key)), keys.filter(isLater)];
}
