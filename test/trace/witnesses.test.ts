import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Database, newLogger, openDatabase } from '@tianyuan/platform';
import {
  type ProofBundle,
  type TrustPolicy,
  encodeBase64,
  formatAddCheckpoint,
  leafHash,
  parseCheckpoint,
  parseVerifierKey,
  publicKeyOf,
  signEd25519,
  verifyCosignature,
  verifierKey,
  verifyBundle,
} from '@tianyuan/protocol';
import { cosignatureGatherer } from '@tianyuan/trace-api/witnesses/gather-cosignatures.ts';
import { openOwnWitness, ownWitnessRoutes } from '@tianyuan/trace-api/witnesses/own-witness.ts';
import { asPolicy, readWitnesses } from '@tianyuan/trace-api/witnesses/witnesses-file.ts';
import { witnessLink } from '@tianyuan/trace-api/backup/links.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { type WitnessAddress, openSqliteStore } from '@tianyuan/witness';
import { writeNewKey } from '@tianyuan/witness/files.ts';
import { beginState } from '@tianyuan/witness/open-witness.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Device, newDevice, newLog, statements } from './signed-log.ts';
import { type TraceService, ownerToken, traceService } from './trace-service.ts';

const main = fileURLToPath(import.meta.resolve('@tianyuan/witness/main.ts'));
const stop = new AbortController();

// Whatever database keeps the lines: the processes are what is dear here.
describe('a policy of two witnesses of three', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tianyuan-witnesses-'));
  const log = newLog('witnessed.example');
  const processes: ChildProcess[] = [];
  let database: Database;
  let trace: TraceService;
  let device: Device;
  let policy: TrustPolicy;
  let witnesses: WitnessAddress[];

  /** Each is another organisation's process, with its own key, its own list of logs and its own memory. */
  async function startWitness(name: string, keyName = name): Promise<WitnessAddress & { vkey: string }> {
    const file = (kind: string) => join(directory, `${keyName.replaceAll('/', '-')}.${kind}`);
    writeFileSync(file('logs'), `# logs of the farm\n${verifierKey(log.origin, log.publicKey)}\n`);
    const keyOptions = ['--name', name, '--key-file', file('key'), '--state-file', file('db')];
    const vkey = execFileSync(process.execPath, [main, 'key', ...keyOptions], { encoding: 'utf8' }).trim();
    const options = ['--key-file', file('key'), '--logs-file', file('logs'), '--state-file', file('db')];
    const child = spawn(process.execPath, [main, 'serve', '--name', name, ...options, '--port', '0']);
    processes.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      const { url } = JSON.parse(line) as { url?: string };
      if (url !== undefined) return { name, url, vkey, publicKey: parseVerifierKey(vkey).publicKey };
    }
    throw new Error(`the witness ${name} did not start`);
  }

  beforeAll(async () => {
    database = await openDatabase({ migrations });
    trace = traceService(database);
    device = newDevice('witnessed-truck');
    await trace.enrol(log.origin, log.publicKey);
    await trace.enrol(device.id, device.publicKey);
    const names = ['w.carrier.example', 'w.shop.example', 'w.bureau.example'];
    const [liar, ...started] = await Promise.all([
      startWitness('w.bureau.example', 'liar'), // the name of the third, and a key of its own
      ...names.map((name) => startWitness(name)),
    ]);
    witnesses = [started[0]!, started[1]!, { ...started[2]!, url: liar.url }];
    writeFileSync(
      join(directory, 'witnesses.json'),
      JSON.stringify({ quorum: 2, witnesses: started.map(({ vkey, url }) => ({ vkey, url })) }),
    );
    policy = {
      logs: [{ origin: log.origin, publicKey: encodeBase64(log.publicKey) }],
      devices: [{ id: device.id, key: 1, publicKey: encodeBase64(device.publicKey) }],
      witnesses: asPolicy(readWitnesses(join(directory, 'witnesses.json'))),
    };
  }, 60_000);

  afterAll(async () => {
    stop.abort();
    for (const child of processes) child.kill();
    await database.close();
    rmSync(directory, { recursive: true });
  });

  async function grow(count: number): Promise<void> {
    const from = log.size();
    for (let i = 0; i < count; i++) log.append(device.sign());
    await trace.upload(log, from, log.body(from));
    await trace.anchor(log);
  }

  const gather = async (some: WitnessAddress[]) => {
    for (const witness of some) {
      await cosignatureGatherer(witness, newLogger('silent'))(database.queries, stop.signal);
    }
  };

  async function cosignaturesOf(index: number): Promise<string> {
    const bundle = await trace.getJson<ProofBundle>(`/api/v1/logs/${log.logId}/entries/${index}/proof`, {
      authorization: `Bearer ${ownerToken}`,
    });
    const { checks } = await verifyBundle(bundle, policy);
    const { status, reason } = checks.find(({ name }) => name === 'cosignatures')!;
    return `${status}: ${reason.en}`;
  }

  test('is open while nobody has cosigned, and while one has', async () => {
    await grow(300);
    expect(await cosignaturesOf(7)).toBe('not checked: 0 of the 2 witnesses asked for');
    await gather(witnesses.slice(0, 1));
    expect(await cosignaturesOf(7)).toBe('not checked: 1 of the 2 witnesses asked for');
  });

  test('is not met by a witness that lies: what is no cosignature of the pinned key is not kept', async () => {
    await gather(witnesses.slice(2));
    expect(await cosignaturesOf(7)).toBe('not checked: 1 of the 2 witnesses asked for');
  });

  test('is met by two, one of them late, and the liar changes nothing', async () => {
    await grow(20); // the second witness was away while the first cosigned
    await gather(witnesses);
    expect(await cosignaturesOf(7)).toBe('passed: 2 of the 2 witnesses asked for');
    expect(await cosignaturesOf(310)).toBe('passed: 2 of the 2 witnesses asked for');
  });

  test('goes on where the witness is, when the service has forgotten', async () => {
    await grow(5);
    await gather(witnesses.slice(0, 2)); // new gatherers, which know nothing
    expect(await cosignaturesOf(322)).toBe('passed: 2 of the 2 witnesses asked for');
  });

  test('is what a restored log is compared with: a witness tells what it has, and holds no other history', async () => {
    const of = (one: WitnessAddress) => witnessLink(database.queries, log.logId, one).head();
    expect(await of(witnesses[0]!)).toMatchObject({ size: 325 });
    await expect(of(witnesses[2]!)).rejects.toThrow('cosignature'); // the liar
    // As if the database were the one of before: only the head of the log is looked at.
    await database.queries.execute(sql`
      update trace.logs l set size = 300, checkpoint = c.note from trace.checkpoints c
      where l.log_id = ${log.logId} and c.log = l.id and c.size = 300`);
    expect(await of(witnesses[0]!)).toMatchObject({ size: 325 });
  });
});

onBothDatabases('the trace API as a witness itself', (database) => {
  const log = newLog('cosigned-here.example');
  const secret = new Uint8Array(32).fill(77);
  const witness = { name: 'trace.example/witness', publicKey: publicKeyOf(secret) };
  const directory = mkdtempSync(join(tmpdir(), 'tianyuan-own-witness-'));
  const file = (name: string) => join(directory, name);
  let store = openSqliteStore(file('state.db'), witness, true);
  let routes: ReturnType<typeof ownWitnessRoutes>;
  const sign = (text: Uint8Array) => signEd25519(secret, text);
  const open = () => ownWitnessRoutes(database.current().queries, { key: { ...witness, sign }, store });
  afterAll(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });

  beforeAll(async () => {
    const trace = traceService(database.current());
    await trace.enrol(log.origin, log.publicKey);
    routes = open();
  });

  const submit = async (oldSize: number, proof: Uint8Array[] = []) => {
    const body = formatAddCheckpoint({ oldSize, proof, note: log.checkpoint() });
    const response = await routes.request('/add-checkpoint', { method: 'POST', body });
    return { status: response.status, text: await response.text() };
  };

  test('cosigns logs that the registry has, and remembers over a restart', async () => {
    log.appendAll(statements(1));
    const first = await submit(0);
    expect(first.status, first.text).toBe(200);
    expect(verifyCosignature(parseCheckpoint(log.checkpoint() + first.text), witness)).toBe('valid');
    const before = log.root();
    log.appendAll(statements(1));
    expect(await submit(0)).toEqual({ status: 409, text: '1\n' });
    expect((await submit(1, [before])).status).toBe(422);
    expect((await submit(1, [leafHash(log.entries[1]!)])).status).toBe(200);
    store.close();
    store = openSqliteStore(file('state.db'), witness);
    routes = open();
    expect(await submit(0)).toEqual({ status: 409, text: '2\n' });
    expect(await submit(1)).toEqual({ status: 409, text: '2\n' });
  });

  test('never begins its state by itself, and takes its settings together', () => {
    const settings = { witnessName: witness.name, witnessKeyFile: file('key') };
    expect(openOwnWitness({})).toBeUndefined();
    expect(() => openOwnWitness(settings)).toThrow('WITNESS_STATE_FILE');
    const publicKey = writeNewKey(file('key'));
    expect(() => openOwnWitness({ ...settings, witnessStateFile: file('gone.db') })).toThrow(
      'new key and name',
    );
    beginState(file('new.db'), { name: witness.name, publicKey });
    const opened = openOwnWitness({ ...settings, witnessStateFile: file('new.db') });
    expect(opened?.key.name).toBe(witness.name);
    opened?.store.close();
  });

  test('does not know other logs', async () => {
    const other = newLog('nobody.example');
    other.appendAll(statements(1));
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], note: other.checkpoint() });
    expect((await routes.request('/add-checkpoint', { method: 'POST', body })).status).toBe(404);
  });
});
