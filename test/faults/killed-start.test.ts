import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { suspectStore } from '@tianyuan/gateway-agent/keep/open-or-salvage.ts';
import { damage } from '@tianyuan/gateway-agent/keep/test-old-store.ts';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';
import { readGateway } from './read-gateway.ts';

const gatewayMain = fileURLToPath(new URL('../../gateway-agent/main.ts', import.meta.url));
const migrations = fileURLToPath(new URL('../../gateway-agent/keep/migrations', import.meta.url));
/** Of each directory, twice each time; `npm run test:soak` asks for more. */
const kills = Math.max(6, Number(process.env['TIANYUAN_KILLS'] ?? 20) / 20);
const messages = 600;
const all = Array.from({ length: messages }, (_, i) => [1, i + 1]);

let work: string;
/** of a gateway that was killed with its newest commits in the write-ahead log alone */
let killed: string;
let device: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tianyuan-killed-start-'));
  killed = join(work, 'killed');
  const gateway = await startGateway(1);
  try {
    const sender = gateway.devices[0]!;
    device = sender.id;
    const publisher = await openRawPublisher(gateway.mqttPort, sender.id, sender.token);
    const packets = all.map(([boot, seq]) => {
      const readings = [{ type: 'temperature' as const, value: 4_000 + seq! }];
      const payload = signFor(sender, { boot: boot!, seq: seq!, time: 1_795_000_000_000 + seq!, readings });
      return publishPacket(gateway.topic(sender), payload, seq!);
    });
    await publisher.sendAll(packets, 32);
    publisher.close();
    await gateway.kill();
    cpSync(gateway.dataDir, killed, { recursive: true });
  } finally {
    rmSync(gateway.dataDir, { recursive: true, force: true });
  }
}, 60_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The data directories that a start finds; each call makes one. */
const found: Record<string, (dataDir: string) => void> = {
  'nothing, and makes its store and its key': () => {},
  'commits that are in the write-ahead log alone': (dataDir) => cpSync(killed, dataDir, { recursive: true }),
  'the schema of the first version, with a log in it': (dataDir) => {
    mkdirSync(dataDir);
    cpSync(join(killed, 'gateway.key'), join(dataDir, 'gateway.key'));
    downgrade(killed, dataDir);
  },
  'a store that is corrupt': (dataDir) => {
    cpSync(killed, dataDir, { recursive: true });
    damage(dataDir, 'seen', 0.5);
    suspectStore(dataDir);
  },
};

/** What that version would have written: its tables, with the rows of today's. */
function downgrade(from: string, to: string): void {
  const { entries } = JSON.parse(readFileSync(join(migrations, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string; when: number }[];
  };
  const first = entries[0]!;
  const copy = join(work, 'to-downgrade');
  cpSync(from, copy, { recursive: true });
  const db = new Database(join(to, 'gateway.db'));
  db.pragma('journal_mode = WAL');
  db.exec(readFileSync(join(migrations, `${first.tag}.sql`), 'utf8'));
  db.exec(
    'CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
  );
  db.prepare("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ?)").run(first.when);
  db.exec(`ATTACH '${join(copy, 'gateway.db')}' AS today`);
  for (const table of ['devices', 'device_keys', 'entries', 'seen', 'tiles', 'settings', 'refusals']) {
    const columns = (db.pragma(`main.table_info(${table})`) as { name: string }[]).map(({ name }) => name);
    db.exec(`INSERT INTO main.${table} (${columns.join()}) SELECT ${columns.join()} FROM today.${table}`);
  }
  db.close();
  rmSync(copy, { recursive: true });
}

type Start = {
  up: boolean;
  /** of the directory, until it was up */
  changes: number;
  status: { logged: number; salvaged: { continues: boolean } | null } | undefined;
};

/** Starts the agent, and kills it when the directory has changed so often; without a number it is let come up, and stopped. */
async function start(dataDir: string, killAtChange = Infinity): Promise<Start> {
  mkdirSync(dataDir, { recursive: true });
  const settings = ['--gateway=bench', '--origin=bench.example/log', '--mqtt-port=0', '--http-port=0'];
  const child = spawn(
    process.execPath,
    [gatewayMain, 'run', ...settings, '--verify-threads=1', `--data-dir=${dataDir}`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  let changes = 0;
  const watcher = watch(dataDir, () => {
    changes += 1;
    if (changes >= killAtChange) child.kill('SIGKILL');
  });
  let httpPort: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    ({ httpPort } = JSON.parse(line) as { httpPort?: number });
    if (httpPort !== undefined) break;
  }
  watcher.close();
  child.stdout.resume();
  const status =
    killAtChange === Infinity && httpPort !== undefined
      ? ((await (await fetch(`http://127.0.0.1:${httpPort}/status`)).json()) as Start['status'])
      : undefined;
  child.kill(killAtChange === Infinity ? 'SIGTERM' : 'SIGKILL');
  const [code] = (await exited) as [number | null];
  if (killAtChange === Infinity) expect(code, dataDir).toBe(0);
  return { up: httpPort !== undefined, changes, status };
}

test.each(Object.keys(found))(
  'kill -9 during a start that finds %s: the next start has all of it, and the same key',
  async (name) => {
    const isNew = name.startsWith('nothing');
    const isCorrupt = name.endsWith('corrupt');
    const dataDir = join(work, 'data');
    found[name]!(dataDir);
    const { changes } = await start(dataDir);
    rmSync(dataDir, { recursive: true });
    let inTime = 0;
    for (let kill = 0; kill < kills; kill++) {
      found[name]!(dataDir);
      // Everywhere between the first change and the last, and twice: what begins again can be killed again.
      for (const place of [kill, kill + 1]) {
        const change = 1 + Math.floor(((place + Math.random()) * changes) / (kills + 1));
        if (!(await start(dataDir, change)).up) inTime += 1;
      }
      const { status } = await start(dataDir);
      const { entries, countersByDevice, others } = readGateway(dataDir);
      expect(others).toEqual([]);
      expect(entries.length).toBeGreaterThanOrEqual(isNew ? 1 : messages + 1);
      expect(countersByDevice.get(device)).toEqual(isNew ? undefined : all);
      expect(status!.salvaged?.continues).toBe(isCorrupt ? true : undefined);
      expect(readdirSync(dataDir).filter((file) => /corrupt-\w+$/.test(file))).toHaveLength(
        isCorrupt ? 1 : 0,
      );
      if (!isNew)
        expect(readFileSync(join(dataDir, 'gateway.key'))).toEqual(readFileSync(join(killed, 'gateway.key')));
      rmSync(dataDir, { recursive: true });
    }
    expect(inTime).toBeGreaterThanOrEqual(kills);
  },
);
