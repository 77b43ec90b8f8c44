import { type Database, openDatabase } from '@tianyuan/platform';
import { type Fault, faults } from '@tianyuan/trace-china-sim';
import { exampleRecord } from '@tianyuan/trace-china-sim/record.ts';
import { readEnvironments } from '@tianyuan/trace-api/national/environments/environments-file.ts';
import { httpNationalAdapter } from '@tianyuan/trace-api/national/http-national-adapter.ts';
import { liveForMs } from '@tianyuan/trace-api/national/judge-freshness.ts';
import { unmapRecord } from '@tianyuan/trace-api/national/mapping/map-document.ts';
import { findMapping } from '@tianyuan/trace-api/national/mapping/mappings.ts';
import type { NationalTraceAdapter } from '@tianyuan/trace-api/national/national-trace-adapter.ts';
import { type NationalView, readNational } from '@tianyuan/trace-api/national/read-national.ts';
import { refreshBatch } from '@tianyuan/trace-api/national/refresh-batch.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TraceService, traceService } from '../trace/trace-service.ts';
import { nationalBatch } from '../national/national-batch.ts';
import { type SimulatorProcess, startSimulator } from '../national/simulator-process.ts';

const minute = 60_000;
const batchId = 'flapping';
const table = findMapping('tc-1.0/1')!;

let simulator: SimulatorProcess;
let database: Database;
let trace: TraceService;
let patient: NationalTraceAdapter;
let hasty: NationalTraceAdapter;

beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator(), openDatabase({ migrations })]);
  trace = traceService(database);
  expect((await trace.putBatch(batchId, nationalBatch('A-1', exampleRecord.traceCode))).status).toBe(200);
  [patient, hasty] = [20_000, 200].map((timeoutMs) => {
    const config = readEnvironments(simulator.environmentsFile);
    const environments = config.environments.map((one) => ({ ...one, timeoutMs }));
    return httpNationalAdapter({ ...config, environments }, { retryMs: 1 });
  }) as [NationalTraceAdapter, NationalTraceAdapter];
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all([patient?.close(), hasty?.close()]);
  await simulator?.dispose();
  await database?.close();
});

const read = (at?: number): Promise<NationalView> => readNational(database.queries, batchId, undefined, at);

/** POSIX.1's example of rand: the same hour each time. */
function newRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % below;
  };
}

/** Half of the minutes are well; the others have one to three faults. */
function draw(random: (below: number) => number): Fault[] {
  if (random(2) === 0) return [];
  return [...new Set(Array.from({ length: 1 + random(3) }, () => faults[random(faults.length)]!))];
}

test('an hour of flapping: what is cached is never live, no mapping is lost, and no page waits', async () => {
  // The circuit's clock, the records' and the pages'. The simulator has its own, which is moved along.
  vi.useFakeTimers({ toFake: ['Date'] });
  const start = Date.now();
  const random = newRandom(7);
  const documents = new Map<string, unknown>();
  const seen: Record<NationalView['state'], number> = { live: 0, cached: 0, refused: 0, none: 0 };

  for (let elapsed = 0; elapsed < 60 * minute; elapsed += minute) {
    const isStopped = elapsed === 30 * minute;
    vi.setSystemTime(start + elapsed);
    const on = draw(random);
    await simulator.setClock(elapsed);
    await simulator.setFaults(...on);
    const extra = { [`extra${random(3)}`]: elapsed };
    await simulator.putRecord({ ...exampleRecord, quantity: String(1_000 + random(3)), ...extra });
    if (isStopped) await simulator.stop();

    const adapter = on.includes('slow') && !on.includes('down') ? hasty : patient;
    let isDone = false;
    const refreshing = refreshBatch(
      { database, records: trace.records, adapter, intervalMs: minute },
      batchId,
    );
    const refreshed = refreshing.finally(() => (isDone = true));
    await read();
    // The page was there before the platform had answered, or failed to.
    if (adapter === hasty) expect(isDone).toBe(false);

    const { outcome } = (await refreshed)!;
    const isGood = outcome === 'record' || outcome === 'changed';
    const view = await read();
    seen[view.state] += 1;
    const told = `minute ${elapsed / minute}, ${on.join()}: ${outcome}, shown as ${view.state}`;
    expect(view.state === 'live', told).toBe(isGood);
    expect(view.state === 'refused' && outcome !== 'unknown-code' && isGood, told).toBe(false);
    if (isGood) expect(view.ageMs).toBeLessThan(minute);
    expect((await read(Date.now() + liveForMs + minute)).state).not.toBe('live');

    if (view.hash !== null) {
      const document = unmapRecord({ record: view.record!, kept: view.kept }, table);
      expect(document).toMatchObject({ traceCode: exampleRecord.traceCode, stages: exampleRecord['stages'] });
      expect(Object.keys(document).some((member) => member.startsWith('extra'))).toBe(true);
      // One hash is one document, however often it was shown and whatever came between.
      if (documents.has(view.hash)) expect(document).toEqual(documents.get(view.hash));
      documents.set(view.hash, document);
    }
    if (isStopped) await simulator.restart();
  }
  expect(seen.live).toBeGreaterThan(10);
  expect(seen.cached).toBeGreaterThan(10);
  expect(seen.refused).toBeGreaterThan(0);
  expect(documents.size).toBeGreaterThan(5);
}, 120_000);
