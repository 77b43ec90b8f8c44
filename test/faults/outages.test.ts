import { readFileSync } from 'node:fs';
import { demonstration } from '@tianyuan/launcher/demonstration.ts';
import type { OneMachine } from '@tianyuan/launcher/one-machine.ts';
import { decodeEntryBundle, formatTilePath, logIdHex } from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MachineUnderTest, startMachine } from './machine-under-test.ts';
import { readGateway } from './read-gateway.ts';

let under: MachineUnderTest;
let machine: OneMachine;

beforeAll(async () => {
  under = await startMachine(500);
  machine = under.machine;
}, 120_000);
afterAll(() => under?.remove(), 60_000);

async function loggedAtGateway(atLeast: number): Promise<void> {
  while ((await under.logged()) < atLeast) await new Promise((resolve) => setTimeout(resolve, 100));
}

test('chain down, trace API down, then both: everything arrives once and in order after they return', async () => {
  const { layout, progress } = under;
  const sim = machine.startDevices({ rate: '10', messages: '1500', summary: layout.summary });
  await progress(({ final }) => final > 50);

  await machine.parts.stop('chain', 'SIGKILL');
  await loggedAtGateway((await progress(() => true)).logged + 100);
  await machine.start.chain();
  await progress(({ final, logged }) => final > logged - 400);

  await machine.parts.stop('trace', 'SIGKILL');
  const logged = await under.logged();
  await loggedAtGateway(logged + 100);
  await machine.start.trace();

  await machine.parts.stop('trace', 'SIGTERM');
  await machine.parts.stop('chain', 'SIGTERM');
  await loggedAtGateway(logged + 300);
  await machine.start.chain();
  await machine.start.trace();

  expect(await sim.ended).toBe(0);
  const end = await progress(({ logged: all, mirrored, final }) => mirrored >= all && final >= all);

  const summary = JSON.parse(readFileSync(layout.summary, 'utf8')) as { acknowledged: number };
  expect(summary.acknowledged).toBeGreaterThanOrEqual(1500);
  expect(end.refused).toEqual({});
  expect(end.verified).toBe(end.messages);
  expect(end.messages).toBe(summary.acknowledged);

  const { entries, countersByDevice } = readGateway(layout.gateway);
  expect(await readMirror(end.mirrored)).toEqual(entries.map((entry) => entry.toString('hex')));
  for (const counters of countersByDevice.values()) {
    expect(counters).toEqual(counters.map((_, i) => [1, i + 1]));
  }
}, 240_000);

/** What anybody reads from the public tiles. */
async function readMirror(size: number): Promise<string[]> {
  const entries: string[] = [];
  for (let index = 0; index * 256 < size; index++) {
    const path = formatTilePath({ level: 'entries', index, width: Math.min(256, size - index * 256) });
    const response = await fetch(`${machine.traceUrl}/logs/${logIdHex(demonstration.origin)}/${path}`);
    expect(response.status).toBe(200);
    const bundle = decodeEntryBundle(new Uint8Array(await response.arrayBuffer()));
    entries.push(...bundle.map((entry) => Buffer.from(entry).toString('hex')));
  }
  return entries;
}
