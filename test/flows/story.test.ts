import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accompanying, demonstration, pagePath } from '@tianyuan/launcher/demonstration.ts';
import { layoutOf } from '@tianyuan/launcher/layout.ts';
import { type OneMachine, startOneMachine } from '@tianyuan/launcher/one-machine.ts';
import { secretIn } from '@tianyuan/launcher/secret-file.ts';
import { tellStory } from '@tianyuan/launcher/story/tell-story.ts';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { jsonRpcOver, trustPolicySchema } from '@tianyuan/protocol';
import { drawLots, inspectLots } from '@tianyuan/verifier/inspect/inspect.ts';
import type { LotResult } from '@tianyuan/verifier/inspect/inspect-lot.ts';
import { newInspection } from '@tianyuan/verifier/inspect/inspection.ts';
import { type Ask, traceSource } from '@tianyuan/verifier/inspect/trace-source.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

// What npm start shows, told by the real programs: chain, gateway, trace API, devices and the simulated national platform.
describe('the story that npm start tells', () => {
  let home: string;
  let machine: OneMachine;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'tianyuan-story-'));
    const layout = layoutOf(home);
    const quiet = { publicUrl: undefined, anchorIntervalMs: 500, quiet: true, say: () => {} };
    machine = await startOneMachine({ layout, fresh: false, devices: 1, host: '127.0.0.1', ...quiet });
    await tell();
  }, 240_000);
  afterAll(async () => {
    await machine?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const tell = (): Promise<void> => {
    const layout = layoutOf(home);
    const { traceUrl, mqttPort } = machine;
    const ownerToken = secretIn(layout.ownerToken);
    const devices = accompanying(machine.devices);
    return tellStory({ layout, traceUrl, mqttPort, ownerToken, devices, say: () => {} });
  };
  async function view(): Promise<BatchView & { story: NonNullable<BatchView['story']> }> {
    const response = await fetch(`${machine.traceUrl}/api/v1/batches/${demonstration.batchId}/trace`);
    expect(response.status).toBe(200);
    return (await response.json()) as Awaited<ReturnType<typeof view>>;
  }
  const soon = { timeout: 100_000, interval: 500 };

  test('has a mix and a split, whose word each step is, and where the lots came from', async () => {
    const { story } = await view();
    const words = story.steps.map((step) => step.words.zh);
    expect(words).toEqual(expect.arrayContaining(['采收', '混批', '拆批', '包装', '装车', '卸车', '收货']));
    expect(new Set(story.steps.map(({ who }) => who.en)).size).toBe(4);
    const made = story.genealogy!.edges.map(({ from, to }) => `${from.slice(-11)} ${to.slice(-10)}`);
    expect(made).toHaveLength(3);
  });

  test('has both sensors of the truck, each for its part of the way, and the excursion between', async () => {
    await vi.waitFor(async () => {
      const { curves, story } = await view();
      const temperatures = curves.filter(({ type }) => type === 'temperature');
      expect(temperatures.map(({ device, count }) => [device, count])).toEqual([
        ['reefer-01', 60],
        ['reefer-02', 108],
      ]);
      expect(story.coldChain.excursions).toMatchObject([{ device: 'reefer-02', ended: 'recovered' }]);
      expect(story.coldChain.excursions[0]!.recordIndex).not.toBeNull();
    }, soon);
  });

  test('has the laboratory’s report with its file, a screened picture, and may be sold', async () => {
    const { story, status } = await view();
    expect(story.reports).toMatchObject([{ counts: true, hasFile: true, kind: 'inspection' }]);
    const file = await fetch(`${machine.traceUrl}/api/v1/files/${story.reports[0]!.sha256}`);
    expect(await file.text()).toContain('合格');
    expect(story.quality.qualityScore).toBeGreaterThan(80_000);
    expect(status.status).toBe('sellable');
  });

  test('has the proof of a step, open to anybody, once it is anchored', async () => {
    const { story } = await view();
    const [first] = story.steps;
    await vi.waitFor(async () => {
      const url = `${machine.traceUrl}/api/v1/logs/${story.logId}/entries/${first!.index}/proof`;
      const response = await fetch(url);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ payload: expect.any(String), device: { id: 'li-wei' } });
    }, soon);
  });

  describe('to an inspector', () => {
    async function inspect(lie?: (url: string, answer: Response) => Promise<Response>): Promise<LotResult[]> {
      const { signal } = new AbortController();
      const ask: Ask = async (url, init) => {
        const answer = await fetch(url, init);
        return lie === undefined ? answer : lie(url, answer);
      };
      const source = traceSource(machine.traceUrl, signal, ask);
      const policy = trustPolicySchema.parse(JSON.parse(readFileSync(layoutOf(home).trustPolicy, 'utf8')));
      const { lots } = await drawLots(source, 'sold-or-shipped', 'a seed', 10);
      const inspection = newInspection({
        source,
        policy: { ...policy, rpc: jsonRpcOver(machine.rpcUrl) },
        seed: 'a seed',
        bundlesALot: 5,
        patienceMs: 30_000,
        signal,
      });
      return inspectLots(inspection, lots, () => {});
    }

    test('is accurate: both harvests by their steps alone, and the oranges while they are being measured', async () => {
      const devices = machine.startDevices({ rate: '2' });
      try {
        const results = await inspect();
        expect(results.flatMap(({ misses }) => misses)).toEqual([]);
        expect(results.map(({ lot }) => lot).toSorted()).toEqual(['GN-2026-11', 'H3-2026-11', 'H7-2026-11']);
        for (const { steps } of results) expect(steps).toBeGreaterThanOrEqual(4);
        expect(results.find(({ lot }) => lot === 'GN-2026-11')!.readings).toBeGreaterThan(100);
      } finally {
        await devices.stop();
      }
    }, 240_000);

    test('shows a step that was moved in time', async () => {
      const results = await inspect(async (url, answer) => {
        if (!/\/trace(\?|$)/.test(url) || !answer.ok) return answer;
        const told = (await answer.json()) as Awaited<ReturnType<typeof view>>;
        told.story.steps[0]!.time -= 86_400_000;
        return Response.json(told);
      });
      for (const { misses } of results) {
        const codes = misses.map(({ code }) => code);
        expect(codes).toContain('STEP_DIFFERS');
        expect(codes).toContain('PAGE_DIFFERS');
      }
    }, 240_000);

    test.each<[string, string, (story: NonNullable<BatchView['story']>) => void]>([
      [
        'an excursion that is hidden',
        'EXCURSION_DIFFERS',
        ({ coldChain }) => void coldChain.excursions.splice(0),
      ],
      [
        'an excursion that is played down',
        'EXCURSION_DIFFERS',
        ({ coldChain }) => (coldChain.excursions[0]!.extreme -= 1_000),
      ],
      ['a report of another file', 'REPORT_DIFFERS', ({ reports }) => (reports[0]!.sha256 = '0'.repeat(64))],
    ])(
      'shows %s',
      async (_, code, change) => {
        const results = await inspect(async (url, answer) => {
          if (!/oranges-2026-11\/trace(\?|$)/.test(url) || !answer.ok) return answer;
          const told = (await answer.json()) as Awaited<ReturnType<typeof view>>;
          change(told.story);
          return Response.json(told);
        });
        const oranges = results.find(({ lot }) => lot === 'GN-2026-11')!;
        expect(oranges.misses.map((miss) => miss.code)).toContain(code);
      },
      240_000,
    );
  });

  test('says on the page when the national platform’s record is a copy', async () => {
    const state = async (): Promise<string | undefined> =>
      /data-national="(\w+)"/.exec(await (await fetch(machine.traceUrl + pagePath)).text())?.[1];
    await vi.waitFor(async () => expect(await state()).toBe('live'), soon);
    await machine.parts.stop('national');
    // The sweep of the minute in which the last record is half a minute old, and three attempts.
    await vi.waitFor(async () => expect(await state()).toBe('cached'), { ...soon, timeout: 200_000 });
  }, 360_000);

  test('is told once', async () => {
    const before = await view();
    await tell();
    expect((await view()).story.steps).toEqual(before.story.steps);
  });
});
