import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeEntry } from '@tianyuan/protocol';
import Database from 'better-sqlite3';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';

const work = mkdtempSync(join(tmpdir(), 'tianyuan-clock-'));
afterAll(() => rmSync(work, { recursive: true }));
const offsetFile = join(work, 'offset');

/** The wall clock of the agent is this one's moved by what the file says, at every moment. */
const movedBy = `--import=data:text/javascript,${encodeURIComponent(
  `import { readFileSync } from 'node:fs';
   const right = Date.now;
   Date.now = () => right() + Number(readFileSync(${JSON.stringify(offsetFile)}, 'utf8'));`,
)}`;

function setClock(offsetMs: number): void {
  // Whole at every moment: it is read all the time.
  writeFileSync(`${offsetFile}.new`, String(offsetMs));
  renameSync(`${offsetFile}.new`, offsetFile);
}

const dayMs = 86_400_000;
type Row = { entry: Buffer; payload: Buffer; flags: string | null };

function rowsOf(gateway: GatewayUnderTest): Row[] {
  const db = new Database(join(gateway.dataDir, 'gateway.db'), { readonly: true });
  const rows = db.prepare('SELECT entry, payload, flags FROM entries ORDER BY idx').all() as Row[];
  db.close();
  return rows;
}

const messagesIn = (rows: readonly Row[]) =>
  rows
    .map((row) => ({ ...decodeEntry(row.entry), flags: row.flags, payload: row.payload.toString() }))
    .filter(({ kind }) => kind === 'message')
    .map(({ payload, ...entry }) => ({ ...entry, seq: (JSON.parse(payload) as { seq: number }).seq }));

const jumpsIn = (rows: readonly Row[]): number[] =>
  rows.flatMap(({ payload }) => {
    const said = JSON.parse(payload.toString()) as { statement?: string; movedMs: number };
    return said.statement === 'clock-jump' ? [said.movedMs] : [];
  });

test('a gateway that boots in 1970, is set to today, then forward, and starts again in the past keeps all in order and says how good its clock was', async () => {
  const today = Date.now();
  setClock(60_000 - today);
  const gateway = await startGateway(1, {
    under: ['env', `NODE_OPTIONS=${movedBy}`],
    flags: ['--clock-source=none'],
  });
  onTestFinished(() => gateway.stop());
  const device = gateway.devices[0]!;
  let seq = 0;
  async function publish(count: number): Promise<void> {
    const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
    for (let i = 0; i < count; i++) {
      seq += 1;
      const readings = [{ type: 'temperature' as const, value: 4_000 + seq }];
      const payload = signFor(device, { boot: 1, seq, time: Date.now(), readings });
      await publisher.sendQueued(publishPacket(gateway.topic(device), payload, seq));
    }
    publisher.close();
  }

  await publish(5);
  const in1970 = rowsOf(gateway);
  setClock(0);
  const jumped = (count: number) =>
    vi.waitFor(() => expect(jumpsIn(rowsOf(gateway))).toHaveLength(count), { timeout: 10_000, interval: 50 });
  await jumped(1);
  await publish(5);
  setClock(2 * dayMs); // a second jump within a minute of the first is counted, and said later
  await publish(5);
  await gateway.kill();
  setClock(-3 * dayMs);
  await gateway.restart();
  await publish(5);

  const rows = rowsOf(gateway);
  expect(rows.slice(0, in1970.length)).toEqual(in1970);
  const messages = messagesIn(rows);
  expect(messages.map((message) => message.seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  // Nobody vouched for any of these times, so no device is blamed for its own.
  expect(new Set(messages.map(({ clock, flags }) => `${clock} ${flags}`))).toEqual(new Set(['unknown null']));
  const days = messages.map(({ receivedAt }) => Math.round((receivedAt - today) / dayMs));
  expect(new Set(days.slice(0, 5))).toEqual(new Set([Math.round((60_000 - today) / dayMs)]));
  expect(days.slice(5)).toEqual([0, 0, 0, 0, 0, 2, 2, 2, 2, 2, -3, -3, -3, -3, -3]);
  // What goes only forward is the number of the start, and the milliseconds since.
  const order = messages.map(({ boot, sinceBootMs }) => boot * 1e9 + sinceBootMs);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  const [moved] = jumpsIn(rows);
  expect(Math.abs(moved! - (today - 60_000))).toBeLessThan(60_000);
});
