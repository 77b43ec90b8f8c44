import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { configSchema } from '@tianyuan/gateway-agent/config.ts';
import { newLogger } from '@tianyuan/platform';
import { expect, onTestFinished, test } from 'vitest';

type Target = { refId: string; expr: string };
type Panel = { id: number; type: string; gridPos: Record<'x' | 'y' | 'w' | 'h', number>; targets?: Target[] };
type Dashboard = { uid: string; title: string; schemaVersion: number; panels: Panel[] };

const file = fileURLToPath(new URL('../../deploy/grafana/gateway.json', import.meta.url));
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** `name` before a selector; functions have none. A histogram's buckets are of the metric without `_bucket`. */
const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/\b([a-z][a-z0-9_]*)\{/g)].map(([, name]) => name!.replace(/_bucket$/, ''));

async function scrape(): Promise<Set<string>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tianyuan-metrics-'));
  const config = configSchema.parse({
    gateway: 'gw',
    origin: 'gw.example',
    dataDir,
    mqtt: { port: 0 },
    http: { port: 0 },
    verifyThreads: 1,
  });
  const agent = await startAgent(config, newLogger('silent'));
  onTestFinished(async () => {
    await agent.stop();
    rmSync(dataDir, { recursive: true });
  });
  const text = await (await fetch(`http://127.0.0.1:${agent.httpPort}/metrics`)).text();
  return new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!));
}

test('every metric that the dashboard names is one that the gateway answers', async () => {
  const known = await scrape();
  const shown = new Set(expressions.flatMap(metricsIn));
  expect(shown.size).toBeGreaterThan(20);
  expect([...shown].filter((name) => !known.has(name))).toEqual([]);
});

/** What a gateway answers and the dashboard leaves out, and why. */
const notShown: [RegExp, string][] = [
  [
    /^nodejs_(gc|active|version|external|heap_s|heap_size_total)/,
    'of use to who debugs Node, who asks Prometheus itself',
  ],
  [/^nodejs_eventloop_lag_(?!p99)/, 'the 99th percentile shows a loop that hangs'],
  [
    /^process_(cpu_(user|system)|start|open|max|virtual|heap)/,
    'the sum, the starts and the resident memory are shown',
  ],
];

test('every metric that the gateway answers is on the dashboard, or it is said why not', async () => {
  const shown = new Set(expressions.flatMap(metricsIn));
  const missing = [...(await scrape())].filter((name) => !shown.has(name));
  expect(missing.filter((name) => !notShown.some(([pattern]) => pattern.test(name)))).toEqual([]);
  expect(notShown.filter(([pattern]) => !missing.some((name) => pattern.test(name)))).toEqual([]);
});

// The fields that Grafana's published schema of a dashboard requires, and what its grid of 24 columns takes.
test('the dashboard has what a dashboard must have', () => {
  expect(dashboard.uid).toMatch(/^[\w-]{8,40}$/);
  expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { type, gridPos, targets = [] } of dashboard.panels) {
    expect(['row', 'stat', 'timeseries']).toContain(type);
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    expect(targets.length > 0).toBe(type !== 'row');
  }
});
