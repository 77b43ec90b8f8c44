import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { anchorerBalance, closeLog, enrol, fundAccounts } from '@tianyuan/chain';
import {
  type TemporaryChain,
  makeLog,
  openTemporaryChain,
  organisation,
} from '@tianyuan/chain/temporary-chain.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openAuthority } from '../devices/certificate-authority.ts';
import { suspectStore } from '../keep/open-or-salvage.ts';
import { openStore } from '../keep/store.ts';
import { damage, endAll, newOldStore, origin, reopen, seqsOf } from '../keep/test-old-store.ts';
import { newTestDirectory } from '../test-store.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const successor = 'gw-1b.example/log';
let chain: TemporaryChain;
beforeAll(async () => {
  chain = await openTemporaryChain();
}, 30_000);
afterAll(() => chain.remove());

/** A store whose log cannot go on, 900 entries of which are anchored; and the log closed in favour of the successor. */
async function newClosedHeldStore(): Promise<{ heldDir: string; seqs: number[] }> {
  const heldDir = newOldStore(2001);
  onTestFinished(endAll);
  damage(heldDir, 'entries', 0.5);
  suspectStore(heldDir);
  const { store, salvaged } = reopen(heldDir);
  expect(salvaged!.continues).toBe(false);
  const seqs = seqsOf(store);
  store.close();

  const { local, deployment, accounts } = chain;
  const { rpcUrl, chainId } = local;
  const { privateKey } = accounts.admin;
  const anchorer = accounts.anchorerOf(origin).address;
  await fundAccounts({ rpcUrl, chainId, privateKey, accounts: [anchorer], atLeast: anchorerBalance });
  const logs = [origin, successor].map((one) => ({ origin: one, organisation, anchorer }));
  await enrol({ rpcUrl, deployment, logs, organisationKey: privateKey });
  const client = chain.connect(origin);
  await client.confirm(await client.append(makeLog(origin, 900).requestAt(0, 900)));
  await closeLog({ rpcUrl, deployment, origin, successor, organisationKey: privateKey, pollMs: 20 });
  return { heldDir, seqs };
}

test('succeed --from takes over the devices, their authority, and what the last head does not cover; once', async () => {
  const { heldDir, seqs } = await newClosedHeldStore();
  const authority = await openAuthority(heldDir, { create: true });
  const { path: dataDir, remove } = newTestDirectory();
  onTestFinished(remove);
  const config = join(chain.directory, 'gateway.yaml');
  const accountKey = join(chain.directory, 'account.key');
  writeFileSync(accountKey, chain.accounts.anchorerOf(origin).privateKey);
  const deployment = join(chain.directory, 'deployment.json');
  const settings = { rpcUrl: chain.local.rpcUrl, deployment, accountKey };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ gateway: 'gw-1', origin: successor, dataDir, chain: settings }));
  const args = ['succeed', '--predecessor', origin, '--from', heldDir, '--config', config];
  const run = () => promisify(execFile)(process.execPath, [main, ...args]);

  const expected = seqs.filter((seq) => seq > 900);
  const { stdout } = await run();
  expect(stdout).toMatch(
    /successor of gw-1\.example\/log, whose last head is 900 entries with root [0-9a-f]{64}\n/,
  );
  expect(stdout).toContain(`${expected.length} messages of ${heldDir} are logged again behind that\n`);
  expect((await openAuthority(dataDir, { create: false }))!.certificate).toBe(authority!.certificate);
  const store = openStore(dataDir);
  onTestFinished(store.close);
  expect(seqsOf(store)).toEqual(expected);
  expect(store.sqlite.prepare('SELECT device FROM devices').pluck().all()).toEqual(['truck-1']);
  const statement = store.sqlite.prepare('SELECT payload FROM entries WHERE idx = 0').pluck().get() as Buffer;
  expect(JSON.parse(statement.toString())).toMatchObject({
    statement: 'successor',
    predecessor: { origin, size: 900 },
  });

  await expect(run()).rejects.toMatchObject({ stderr: expect.stringMatching(/has \d+ entries already/) });
  // The old directory takes nothing more.
  const old = [main, 'run', '--gateway', 'gw-1', '--origin', origin, '--data-dir', heldDir];
  const starting = promisify(execFile)(process.execPath, [...old, '--mqtt-port', '0', '--http-port', '0']);
  await expect(starting).rejects.toMatchObject({ stderr: expect.stringContaining(`${successor} took over`) });
}, 120_000);
