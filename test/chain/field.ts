import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CliqueNetwork,
  type Deployment,
  type LocalAccounts,
  deployContracts,
  deriveAccounts,
  enrol,
  fundAccounts,
  openNode,
} from '@tianyuan/chain';
import { readLogState } from '@tianyuan/chain/log-state.ts';
import { readEvents } from '@tianyuan/chain/read-events.ts';
import { bytesToHex, logId, logIdHex } from '@tianyuan/protocol';
import { loadConfig } from '@tianyuan/trace-api/config.ts';
import { type TraceApi, openTraceApi } from '@tianyuan/trace-api/open-trace-api.ts';
import pino from 'pino';
import { vi } from 'vitest';
import type { Device } from '../trace/signed-log.ts';
import { type GatewayWiring, type TestGateway, makeGateway } from './gateway.ts';
import { startTestNetwork } from './geth.ts';

const organisation = 'a farm';
export const ownerToken = 'the-token-of-the-owner';

/** A real network with the contracts on it, a trace API that follows it, and gateways that anchor on it. */
export type Field = {
  network: CliqueNetwork;
  deployment: Deployment;
  accounts: LocalAccounts;
  trace: TraceApi;
  /** what the trace API said on warn and above, as its operator reads it */
  traceLines: { msg: string; level: number; evidence?: { kind: string; detail: Record<string, unknown> } }[];
  wiring: GatewayWiring;
  /** a gateway with its log open on the chain; `account` shares another's anchoring account */
  addGateway: (name: string, options?: { account?: string }) => Promise<TestGateway>;
  /** a gateway over a directory that exists, with the wiring of the one it is a copy of */
  reopen: (name: string, directory: string, device: Device) => TestGateway;
  /** sizes of all Appended events of a log, in the chain's order, as one node has them */
  anchored: (
    origin: string,
    nodeUrl?: string,
  ) => Promise<{ size: number; root: string; signature: string }[]>;
  head: (origin: string, nodeUrl?: string) => Promise<number>;
  log: (origin: string) => Promise<Record<string, unknown>>;
  close: () => Promise<void>;
};

const patience = { timeout: 120_000, interval: 200 };

export async function openField(options: {
  signers: number;
  /** of the trace API's node; the first of these without it */
  rpcUrl?: (urls: string[]) => string | Promise<string>;
  /** the trace API anchors for all gateways */
  hub?: true;
}): Promise<Field> {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-field-'));
  const network = await startTestNetwork({ signers: options.signers });
  const { chainId } = network;
  const accounts = deriveAccounts(network.mnemonic);
  const { admin, registrar, anchorerOf } = accounts;
  const rpcUrl = network.nodes[0]!.rpcUrl;
  const deploymentFile = join(home, 'deployment.json');
  const { deployment } = await deployContracts({
    rpcUrl,
    chainId,
    file: deploymentFile,
    privateKey: admin.privateKey,
    roles: {
      organisations: [{ name: organisation, admin: admin.address, registrars: [registrar.address] }],
    },
  });
  const validators = join(home, 'validators.json');
  writeFileSync(
    validators,
    JSON.stringify({ consensus: 'clique', sets: [{ fromBlock: 0, addresses: network.signers }] }),
  );
  const confirmations = 2;
  const hubAccount = anchorerOf('the hub');
  const hubKey = join(home, 'hub.key');
  if (options.hub) {
    writeFileSync(hubKey, hubAccount.privateKey, { mode: 0o600 });
    await fundAccounts({
      rpcUrl,
      chainId,
      privateKey: admin.privateKey,
      accounts: [hubAccount.address],
      atLeast: 10n ** 19n,
    });
  }
  const traceLines: Field['traceLines'] = [];
  const logger = pino(
    { level: 'info' },
    { write: (line: string) => void traceLines.push(JSON.parse(line) as Field['traceLines'][0]) },
  );
  const environment = {
    PORT: '0',
    DATA_DIR: join(home, 'trace'),
    CHAIN_RPC_URL: (await options.rpcUrl?.(network.nodes.map((node) => node.rpcUrl))) ?? rpcUrl,
    DEPLOYMENT_FILE: deploymentFile,
    VALIDATORS_FILE: validators,
    CHAIN_CONFIRMATIONS: String(confirmations),
    OWNER_TOKEN: ownerToken,
    ...(options.hub && { HUB_ACCOUNT_KEY_FILE: hubKey, HUB_INTERVAL_MS: '200' }),
  };
  const trace = await openTraceApi(loadConfig(['node', 'trace-api'], environment), logger);
  const accountKeys = join(home, 'accounts');
  mkdirSync(accountKeys);

  const wiringOf = (name: string): GatewayWiring => ({
    rpcUrl,
    deployment: deploymentFile,
    accountKey: join(accountKeys, name),
    validators,
    confirmations,
    traceUrl: trace.url,
    ...(options.hub && { anchoring: 'hub' }),
  });

  const field: Field = {
    network,
    deployment,
    accounts,
    trace,
    traceLines,
    wiring: wiringOf(''),
    async addGateway(name, { account = name } = {}) {
      const anchorer = options.hub ? hubAccount : anchorerOf(account);
      writeFileSync(join(accountKeys, name), anchorer.privateKey, { mode: 0o600 });
      const directory = join(home, name);
      mkdirSync(directory);
      const gateway = makeGateway(directory, name, wiringOf(name));
      await fundAccounts({
        rpcUrl,
        chainId,
        privateKey: admin.privateKey,
        accounts: [anchorer.address],
        atLeast: 10n ** 19n,
      });
      await enrol({
        rpcUrl,
        deployment,
        keys: [
          { kind: 'log', id: gateway.origin, key: 1, publicKey: gateway.publicKey },
          { kind: 'device', id: gateway.device.id, key: 1, publicKey: gateway.device.publicKey },
        ],
        registrarKey: registrar.privateKey,
        keysOf: organisation,
        logs: [{ origin: gateway.origin, organisation, anchorer: anchorer.address }],
        organisationKey: admin.privateKey,
      });
      return gateway;
    },
    reopen: (name, directory, device) => makeGateway(directory, name, wiringOf(name), device),
    async anchored(origin, nodeUrl = rpcUrl) {
      const node = openNode({ rpcUrl: nodeUrl, chainId });
      try {
        const events = await node.ask(async (provider) =>
          readEvents(provider, deployment, { from: 0, to: await provider.getBlockNumber() }),
        );
        return events.flatMap((event) =>
          event.kind === 'Appended' && event.logId === logIdHex(origin)
            ? [{ size: event.size, root: bytesToHex(event.root), signature: bytesToHex(event.signature) }]
            : [],
        );
      } finally {
        node.close();
      }
    },
    async head(origin, nodeUrl = rpcUrl) {
      const node = openNode({ rpcUrl: nodeUrl, chainId });
      try {
        return (await readLogState(node, deployment, logId(origin))).size;
      } finally {
        node.close();
      }
    },
    async log(origin) {
      return (await (await fetch(`${trace.url}/api/v1/logs/${logIdHex(origin)}`)).json()) as Record<
        string,
        unknown
      >;
    },
    async close() {
      await trace.close();
      await network.remove();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return field;
}

/** Waits until everything that a gateway has is final, for itself and for the trace API. @returns how many entries that is */
export async function untilFinal(field: Field, gateway: TestGateway, atLeast = 1): Promise<number> {
  return vi.waitFor(async () => {
    const { logged, mirrored, final } = gateway.status();
    const { finalSize } = await field.log(gateway.origin);
    if (logged < atLeast || final < logged || mirrored < logged || finalSize !== logged) {
      throw new Error(
        `logged ${logged}, mirrored ${mirrored}, final ${final} and ${String(finalSize)} at the trace API`,
      );
    }
    return logged;
  }, patience);
}

/** That what a chain has of a log is growth, each head once, up to the whole of it. */
export async function expectAnchoredOnce(field: Field, gateway: TestGateway, logged: number): Promise<void> {
  for (const { rpcUrl } of field.network.nodes.filter((node) => node.pid() !== undefined)) {
    const sizes = await vi.waitFor(async () => {
      const found = (await field.anchored(gateway.origin, rpcUrl)).map(({ size }) => size);
      if (found.at(-1) !== logged) throw new Error(`${rpcUrl} has ${found.join()} and not yet ${logged}`);
      return found;
    }, patience);
    const ascending = [...new Set(sizes)].toSorted((a, b) => a - b);
    if (sizes.join() !== ascending.join()) throw new Error(`heads of ${gateway.origin} are ${sizes.join()}`);
  }
}
