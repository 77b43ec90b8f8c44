import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseMessage } from '@tianyuan/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enrol } from './enrol.ts';
import { fleet } from './fleet.ts';
import { createLog } from './log.ts';
import { replay } from './replay.ts';
import { openOutbox } from './state/outbox.ts';
import { openState } from './state/state-database.ts';

const time = Date.UTC(2026, 10, 20);
const log = createLog({ json: true, verbose: false });

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'replay-'));
  const opened = openState(state);
  enrol(opened, state, fleet('truck', 1));
  opened.close();
});
afterEach(() => rmSync(state, { recursive: true }));

/** Port 1 is nobody's, and the replay is stopped at once: what it signed stays for the device's next run. */
async function replayNowhere(text: string, device = 'truck-01'): Promise<number> {
  const file = join(state, 'logger.jsonl');
  writeFileSync(file, text);
  const options = { state, device, file, broker: 'mqtt://127.0.0.1:1', gateway: 'gw-1' };
  return replay(options, { log, signal: AbortSignal.timeout(1) });
}

test('keeps every line as a signed message in its order, until it is acknowledged', async () => {
  const line = (i: number) => JSON.stringify({ time: time + i, type: 'temperature', value: 4_000 + i });
  expect(await replayNowhere(`${[0, 1, 2].map(line).join('\n')}\n`)).toBe(0);
  const opened = openState(state);
  const messages = openOutbox(opened, 10)
    .after('truck-01', 0, 10)
    .map(({ payload }) => parseMessage(payload).message);
  opened.close();
  expect(messages).toMatchObject(
    [0, 1, 2].map((i) => ({
      seq: i + 1,
      time: time + i,
      readings: [{ type: 'temperature', value: 4_000 + i }],
    })),
  );
});

test.each([
  ['a line that is no JSON', '{"time":', /line 1: reading/],
  ['a quantity that nobody knows', '{"time":1,"type":"taste","value":1}', /line 1: type/],
  ['what cannot be', '{"time":1,"type":"humidity","value":200000}', /outside what the quantity can be/],
  ['a reading with a fraction', '{"time":1,"type":"humidity","value":1.5}', /line 1: value/],
  ['nothing', '\n', /0 lines/],
])('refuses %s, and signs nothing', async (_, text, words) => {
  await expect(replayNowhere(text)).rejects.toThrow(words);
});

test('refuses a device that is not there', async () => {
  const line = JSON.stringify({ time, type: 'temperature', value: 1 });
  await expect(replayNowhere(line, 'truck-99')).rejects.toThrow(/there are truck-01/);
});
