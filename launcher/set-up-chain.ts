import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Deployment,
  deployContracts,
  deriveAccounts,
  enrol,
  fundAccounts,
  localChainId,
  stateIntervalMs,
} from '@tianyuan/chain';
import { type TrustPolicy, decodeBase64 } from '@tianyuan/protocol';
import { demonstration } from './demonstration.ts';
import type { EnrolledDevice } from './enrol-devices.ts';
import type { Layout } from './layout.ts';
import type { Person } from './story/person.ts';
import { writeSecret } from './secret-file.ts';

/** Enough for a million appends at anvil's gas price. */
const anchorerFunds = 10n ** 21n;

/**
 * Contracts, roles, the gateway's log and every key on the local chain, as far as they are not there yet; and the record,
 * the account key and the trust policy that the other parts read.
 */
export async function setUpChain(
  layout: Layout,
  rpcUrl: string,
  keys: {
    devices: readonly EnrolledDevice[];
    people: readonly Pick<Person, 'id' | 'publicKey'>[];
    logKey: string;
    platformKey: string;
  },
): Promise<Deployment> {
  const accounts = deriveAccounts(readFileSync(join(layout.chain, 'mnemonic'), 'utf8').trim());
  const { devices, people, logKey, platformKey } = keys;
  const anchorer = accounts.anchorerOf(demonstration.origin);
  // The platform has no gateway: the trace API's hub anchors its log.
  const hub = accounts.anchorerOf(demonstration.platformOrigin);
  const { deployment } = await deployContracts({
    rpcUrl,
    chainId: localChainId,
    file: layout.deployment,
    privateKey: accounts.admin.privateKey,
    roles: {
      pausers: [accounts.admin.address],
      organisations: [
        {
          name: demonstration.organisation,
          admin: accounts.admin.address,
          registrars: [accounts.registrar.address],
        },
      ],
    },
    replace: true,
  });
  await fundAccounts({
    rpcUrl,
    chainId: localChainId,
    privateKey: accounts.admin.privateKey,
    accounts: [accounts.registrar.address, anchorer.address, hub.address],
    atLeast: anchorerFunds,
  });
  await enrol({
    rpcUrl,
    deployment,
    keys: [
      { kind: 'log', id: demonstration.origin, key: 1, publicKey: decodeBase64(logKey) },
      { kind: 'log', id: demonstration.platformOrigin, key: 1, publicKey: decodeBase64(platformKey) },
      ...devices.map(({ device, key, publicKey }) => ({
        kind: 'device' as const,
        id: device,
        key,
        publicKey: decodeBase64(publicKey),
      })),
      ...people.map(({ id, publicKey }) => ({ kind: 'person' as const, id, key: 1, publicKey })),
    ],
    registrarKey: accounts.registrar.privateKey,
    keysOf: demonstration.organisation,
    logs: [
      { origin: demonstration.origin, organisation: demonstration.organisation, anchorer: anchorer.address },
      {
        origin: demonstration.platformOrigin,
        organisation: demonstration.organisation,
        anchorer: hub.address,
      },
    ],
    organisationKey: accounts.admin.privateKey,
  });
  writeSecret(layout.anchorerKey, anchorer.privateKey);
  writeSecret(layout.hubKey, hub.privateKey);
  writeFileSync(layout.trustPolicy, `${JSON.stringify(trustPolicyOf(deployment, keys), null, 2)}\n`);
  return deployment;
}

/** What somebody trusts who trusts this machine: its own chain, and the keys of its logs. */
function trustPolicyOf(
  deployment: Deployment,
  { logKey, platformKey }: { logKey: string; platformKey: string },
): TrustPolicy {
  return {
    chain: {
      chainId: deployment.chainId,
      anchorLog: deployment.anchorLog.address.toLowerCase(),
      deviceRegistry: deployment.deviceRegistry.address.toLowerCase(),
      finality: { kind: 'anvil', stateIntervalMs: stateIntervalMs },
    },
    logs: [
      { origin: demonstration.origin, publicKey: logKey },
      { origin: demonstration.platformOrigin, publicKey: platformKey },
    ],
  };
}
