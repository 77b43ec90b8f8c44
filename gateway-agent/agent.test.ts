import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { type Entry, decodeEntry } from '@tianyuan/protocol';
import Database from 'better-sqlite3';
import pino, { type Logger } from 'pino';
import sodium from 'sodium-native';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Agent, startAgent } from './agent.ts';
import { loadConfig } from './config.ts';
import { suspectStore } from './keep/open-or-salvage.ts';
import { damage, endAll, newOldStore } from './keep/test-old-store.ts';
import { newTestDirectory } from './test-store.ts';

/** An agent of its own, without links, on ports of its own. */
async function startTestAgent(
  dataDir: string,
  settings: Record<string, string> = {},
  logger: Logger = pino({ enabled: false }),
): Promise<Agent> {
  const flags = { gateway: 'gw-1', origin: 'gw-1.example/log', dataDir, 'mqtt.port': '0', 'http.port': '0' };
  return startAgent(loadConfig(undefined, {}, { ...flags, verifyThreads: '1', ...settings }), logger);
}

function newDataDir(): string {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  return path;
}

function entriesOf(dataDir: string): Entry[] {
  const db = new Database(join(dataDir, 'gateway.db'), { readonly: true });
  const rows = db.prepare('SELECT entry FROM entries ORDER BY idx').pluck().all() as Buffer[];
  db.close();
  return rows.map((entry) => decodeEntry(entry));
}

/** What the gateway said of itself, in the order of the log. */
function statementsOf(dataDir: string): Record<string, unknown>[] {
  const db = new Database(join(dataDir, 'gateway.db'), { readonly: true });
  const rows = db.prepare('SELECT entry, payload FROM entries ORDER BY idx').all() as {
    entry: Buffer;
    payload: Buffer;
  }[];
  db.close();
  return rows.flatMap(({ entry, payload }) =>
    decodeEntry(entry).kind === 'statement'
      ? [JSON.parse(payload.toString()) as Record<string, unknown>]
      : [],
  );
}

describe('an agent', () => {
  test('that cannot start has nothing under way any more, so that its process may end', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const ended: Promise<unknown>[] = [];
    const watch = (worker: Worker) => void ended.push(once(worker, 'exit'));
    process.on('worker', watch);
    onTestFinished(() => void process.off('worker', watch));
    const taken = `${(other.address() as AddressInfo).port}`;
    const start = startTestAgent(newDataDir(), { 'mqtt.port': taken, verifyThreads: '2' });
    await expect(start).rejects.toThrow(`port ${taken} on 127.0.0.1 is taken`);
    expect(ended).toHaveLength(2);
    await Promise.all(ended);
  });

  test('states the rules at its start and when others come into force, and never bad ones', async () => {
    const dataDir = newDataDir();
    const rulesFile = join(newDataDir(), 'rules.yaml');
    writeFileSync(rulesFile, 'version: 1\n');
    const agent = await startTestAgent(dataDir, { rulesFile });
    try {
      writeFileSync(rulesFile, 'version: 2\n');
      agent.reload();
      writeFileSync(rulesFile, 'version: 1\nmaxAgeMinutes: 60\n');
      agent.reload();
      agent.reload();
    } finally {
      await agent.stop();
    }
    expect(statementsOf(dataDir)).toMatchObject([
      { statement: 'boot', boot: 1 },
      { statement: 'rules', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { statement: 'rules', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  test('says in every entry how good its clock is, by the source that its owner chose', async () => {
    const dataDir = newDataDir();
    for (const [source, state] of [
      ['trusted', 'synchronised'],
      ['none', 'unknown'],
    ] as const) {
      const agent = await startTestAgent(dataDir, { 'clock.source': source });
      expect(agent.status().clock).toBe(state);
      await agent.stop();
    }
    expect(entriesOf(dataDir).map(({ clock }) => clock)).toEqual(['synchronised', 'unknown']);
  });
});

describe('an agent whose store turns out to be corrupt', () => {
  test('ends, to be salvaged, whichever part of it met the page: here the one that uploads', async () => {
    const dataDir = newOldStore(0);
    onTestFinished(endAll);
    damage(dataDir, 'entries', 0.5);
    const nobodyYet = createServer((_, response) => void response.writeHead(404).end('{}'));
    nobodyYet.listen(0, '127.0.0.1');
    await once(nobodyYet, 'listening');
    onTestFinished(() => void nobodyYet.close());
    const { port } = nobodyYet.address() as AddressInfo;
    const agent = await startTestAgent(dataDir, { traceUrl: `http://127.0.0.1:${port}` });
    onTestFinished(agent.stop);
    expect(await agent.broken).toMatchObject({ code: 'SQLITE_CORRUPT' });
    expect(existsSync(join(dataDir, 'gateway.db.suspect'))).toBe(true);
  });

  test('at its start only, is salvaged by the next', async () => {
    const dataDir = newOldStore(0);
    onTestFinished(endAll);
    damage(dataDir, 'latest_readings', 0);
    await expect(startTestAgent(dataDir)).rejects.toMatchObject({ code: 'SQLITE_CORRUPT' });
    expect(existsSync(join(dataDir, 'gateway.db.suspect'))).toBe(true);
  });

  test('salvages by the machine’s own hashing', async () => {
    const dataDir = newOldStore(0);
    onTestFinished(endAll);
    damage(dataDir, 'seen', 0.5);
    suspectStore(dataDir);
    const hashing = vi.spyOn(sodium, 'crypto_hash_sha256');
    onTestFinished(() => hashing.mockRestore());
    let hashed = 0;
    const write = (line: string) => {
      if (line.includes('the store was salvaged')) hashed = hashing.mock.calls.length;
    };
    const agent = await startTestAgent(dataDir, {}, pino({ level: 'error' }, { write }));
    await agent.stop();
    expect(hashed).toBeGreaterThan(2001);
  });
});
