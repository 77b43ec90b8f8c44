import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { enrol, followAnchors } from '@tianyuan/chain';
import { type TemporaryChain, openTemporaryChain, organisation } from '@tianyuan/chain/temporary-chain.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/enrol-device.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { enrolmentOf, newTestDevice } from '@tianyuan/gateway-agent/test-device.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const main = join(import.meta.dirname, '../../gateway-agent/main.ts');
const origin = 'gw-1.example';
const devices = 40;
const kills = 8;

let chain: TemporaryChain;
let directory: string;
beforeAll(async () => {
  chain = await openTemporaryChain();
  directory = mkdtempSync(join(tmpdir(), 'enrolment-'));
  // Its devices are its log's organisation's.
  const { admin, anchorerOf } = chain.accounts;
  await enrol({
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    organisationKey: admin.privateKey,
    logs: [{ origin, organisation, anchorer: anchorerOf(origin).address }],
  });
});
afterAll(async () => {
  await chain.remove();
  rmSync(directory, { recursive: true });
});

function startGateway() {
  const key = join(directory, 'account.key');
  writeFileSync(key, chain.accounts.registrar.privateKey, { mode: 0o600 });
  const settings = {
    gateway: 'gw-1',
    origin,
    'data-dir': directory,
    'mqtt-port': '0',
    'http-port': '0',
    'verify-threads': '1',
    'chain-rpc-url': chain.local.rpcUrl,
    'chain-deployment': join(chain.directory, 'deployment.json'),
    'chain-account-key': key,
    'chain-registrar-key': key,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [main, 'run', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  const told = () => said.split('the registry was told').length - 1;
  return { child, told };
}

async function enrolledSubjects(): Promise<string[]> {
  const subjects: string[] = [];
  const steps = followAnchors({
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    signal: new AbortController().signal,
    pollMs: 20,
  });
  for await (const step of steps) {
    if (step.kind === 'events')
      subjects.push(...step.events.flatMap((event) => (event.kind === 'KeyEnrolled' ? [event.subject] : [])));
    break; // the chain is shorter than one step
  }
  return subjects;
}

test(`${devices} enrolments over ${kills} kills -9 are on the chain once each`, async () => {
  const store = openStore(directory);
  for (let i = 1; i <= devices; i++) enrolDevice(store, enrolmentOf(newTestDevice(`device-${i}`)), i);
  store.close();
  for (let kill = 0; kill < kills; kill++) {
    const { child, told } = startGateway();
    const exited = once(child, 'exit');
    // At another moment of the work each time, and always in the middle of it.
    const enough = 1 + (kill % 4);
    while (told() < enough && child.exitCode === null) await once(child.stdout, 'data');
    await delay(kill * 7);
    child.kill('SIGKILL');
    await exited;
  }
  const before = await enrolledSubjects();
  expect(before.length).toBeGreaterThanOrEqual(kills);
  expect(before.length).toBeLessThan(devices);
  const { child, told } = startGateway();
  const exited = once(child, 'exit');
  const left = devices - before.length;
  while (told() < left) await once(child.stdout, 'data');
  child.kill('SIGTERM');
  await exited;
  const after = await enrolledSubjects();
  expect([after.length, new Set(after).size]).toEqual([devices, devices]);
});
