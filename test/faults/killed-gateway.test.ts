import { readFileSync } from 'node:fs';
import { openNode, readDeployment } from '@tianyuan/chain';
import { readEvents } from '@tianyuan/chain/read-events.ts';
import { demonstration } from '@tianyuan/launcher/demonstration.ts';
import type { Layout } from '@tianyuan/launcher/layout.ts';
import type { OneMachine } from '@tianyuan/launcher/one-machine.ts';
import {
  appendToRange,
  bytesToHex,
  leafHash,
  logIdHex,
  parseCheckpoint,
  rangeRoot,
} from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MachineUnderTest, startMachine } from './machine-under-test.ts';
import { readGateway } from './read-gateway.ts';

/** `npm run test:soak` asks for more. */
const kills = Number(process.env['TIANYUAN_KILLS'] ?? 20);
/** The devices must still be speaking when the last kill comes; the test fails if they are not. */
const messages = 300 * kills;

let under: MachineUnderTest;
let machine: OneMachine;
let layout: Layout;

beforeAll(async () => {
  under = await startMachine(200);
  ({ machine, layout } = under);
}, 120_000);
afterAll(() => under?.remove(), 60_000);

/** Size and root of a head, as somebody was told of it. */
type Head = { size: number; root: string };

async function publishedCheckpoints(): Promise<Head[]> {
  const urls = [
    `${machine.gatewayUrl}/checkpoint`,
    `${machine.traceUrl}/logs/${logIdHex(demonstration.origin)}/checkpoint`,
  ];
  const answers = await Promise.all(urls.map((url) => fetch(url)));
  const notes = await Promise.all(answers.filter(({ ok }) => ok).map((answer) => answer.text()));
  return notes.map(headOf);
}

function headOf(note: string): Head {
  const { size, root } = parseCheckpoint(note);
  return { size, root: bytesToHex(root) };
}

/** Every head that the chain ever took of the gateway's log; the platform has one of its own. */
async function anchoredHeads(): Promise<Head[]> {
  const deployment = await readDeployment(layout.deployment);
  const node = openNode({ rpcUrl: machine.rpcUrl, chainId: deployment.chainId });
  try {
    const events = await node.ask(async (provider) =>
      readEvents(provider, deployment, { from: 0, to: await provider.getBlockNumber() }),
    );
    return events.flatMap((event) =>
      event.kind === 'Appended' && event.logId === logIdHex(demonstration.origin)
        ? [{ size: event.size, root: bytesToHex(event.root) }]
        : [],
    );
  } finally {
    node.close();
  }
}

/** The roots of all prefixes of these entries, from a tree that was built here. */
function rootsOf(entries: readonly Uint8Array[]): Map<number, string> {
  const range = { size: 0, nodes: [] };
  return new Map(
    entries.map((entry, i) => {
      appendToRange(range, leafHash(entry));
      return [i + 1, bytesToHex(rangeRoot(range))];
    }),
  );
}

test(`kill -9 in the middle of traffic, ${kills} times: what was acknowledged is in the log exactly once, and every signed head is a prefix of it`, async () => {
  const { logged, progress } = under;
  const told: Head[] = [];
  let speaking = true;
  const sim = machine.startDevices({ rate: '20', messages: String(messages), summary: layout.summary });
  void sim.ended.then(() => (speaking = false));

  for (let kill = 0; kill < kills; kill++) {
    // A different moment each time: between the first entries of a start and a few commits later.
    const until = (await logged()) + 2 + Math.floor(Math.random() * 60);
    while ((await logged()) < until) expect(speaking, `kill ${kill + 1} came too late`).toBe(true);
    told.push(...(await publishedCheckpoints()));
    await machine.parts.stop('gateway', 'SIGKILL');
    await machine.start.gateway();
  }
  expect(speaking).toBe(true);
  expect(await sim.ended).toBe(0);
  await progress(({ logged: all, mirrored, final }) => mirrored >= all && final >= all);
  told.push(...(await publishedCheckpoints()), ...(await anchoredHeads()));
  await machine.parts.stop('gateway');

  const { entries, countersByDevice, others, notes } = readGateway(layout.gateway);
  expect(others).toEqual([]); // no equivocation: a number was never used for two messages
  const summary = JSON.parse(readFileSync(layout.summary, 'utf8')) as {
    acknowledged: number;
    waiting: number;
    devices: { device: string; boot: number; seq: number }[];
  };
  expect(summary.waiting).toBe(0);
  expect(summary.acknowledged).toBeGreaterThanOrEqual(messages);
  for (const { device, boot, seq } of summary.devices) {
    const all = Array.from({ length: seq }, (_, i) => [boot, i + 1]);
    expect(countersByDevice.get(device), device).toEqual(all);
  }

  const roots = rootsOf(entries);
  told.push(...notes.map(headOf));
  expect(told.length).toBeGreaterThan(3 * kills);
  for (const { size, root } of told) expect(roots.get(size), `a head of ${size} entries`).toBe(root);
}, 3_000_000);
