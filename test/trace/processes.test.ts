import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { afterEach, expect, test } from 'vitest';
import { onBothServers } from './databases.ts';
import { newDevice, newLog } from './signed-log.ts';
import { traceService } from './trace-service.ts';

const main = fileURLToPath(import.meta.resolve('@tianyuan/trace-api/main.ts'));

onBothServers('the process of the trace API', (database) => {
  const running: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of running.splice(0))
      if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGKILL');
  });

  type Where = Awaited<ReturnType<typeof database>>;

  function launch({ dataDir, databaseUrl }: Where): ChildProcess {
    const env = { ...process.env, PORT: '0', DATA_DIR: dataDir ?? '', DATABASE_URL: databaseUrl ?? '' };
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    return child;
  }

  /** Its URL, once it has printed that it listens. */
  async function start(where: Where): Promise<{ child: ChildProcess; url: string }> {
    const child = launch(where);
    let errors = '';
    child.stderr!.on('data', (chunk) => (errors += String(chunk)));
    for await (const line of createInterface({ input: child.stdout! })) {
      const { url } = JSON.parse(line) as { url?: string };
      if (url !== undefined) {
        child.stdout!.resume();
        return { child, url };
      }
    }
    throw new Error(`the trace API did not start: ${errors}`);
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await exited)[0];
  }

  /** Keys come from the chain; here they are in the database before the process starts. */
  async function enrol(where: Where, names: { name: string; publicKey: Uint8Array }[]): Promise<void> {
    const opened = await openDatabase({ url: where.databaseUrl, dir: where.dataDir, migrations });
    for (const { name, publicKey } of names) await traceService(opened).enrol(name, publicKey);
    await opened.close();
  }

  test(
    'killed in the middle of uploads loses none that it answered, and takes the rest again',
    { timeout: 180_000 },
    async () => {
      const where = await database();
      const log = newLog('killed.example');
      const device = newDevice('killed-device');
      await enrol(where, [
        { name: log.origin, publicKey: log.publicKey },
        { name: device.id, publicKey: device.publicKey },
      ]);
      const chunks: { from: number; body: string }[] = [];
      while (chunks.length < 12) {
        const from = log.size();
        for (let i = 0; i < 100; i++) log.append(device.sign());
        chunks.push({ from, body: JSON.stringify(log.body(from)) });
      }

      let service = await start(where);
      let answered = 0;
      for (const [i, { from, body }] of chunks.entries()) {
        const upload = (url: string) =>
          fetch(`${url}/api/v1/logs/${log.logId}/entries?from=${from}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
          });
        if (i % 4 === 1) {
          const cut = upload(service.url).catch(() => undefined);
          await end(service.child, 'SIGKILL');
          await cut;
          service = await start(where);
          const { size } = (await (await fetch(`${service.url}/api/v1/logs/${log.logId}`)).json()) as {
            size: number;
          };
          expect([answered, answered + 100]).toContain(size);
        }
        const response = await upload(service.url);
        expect(response.status).toBe(200);
        answered += 100;
      }

      const { child, url } = service;
      expect(await (await fetch(`${url}/api/v1/logs/${log.logId}`)).json()).toMatchObject({
        size: 1200,
        root: encodeBase64(log.root()),
        messages: 1200,
        verified: 1200,
        flagged: {},
      });
      expect(await end(child, 'SIGTERM')).toBe(0);

      const again = await start(where);
      expect(await (await fetch(`${again.url}/api/v1/logs/${log.logId}`)).json()).toMatchObject({
        size: 1200,
      });
      expect(await end(again.child, 'SIGINT')).toBe(0);
    },
  );

  test('started twice shares a server, and is refused on a directory', { timeout: 120_000 }, async () => {
    const where = await database();
    const first = await start(where);
    if (where.databaseUrl !== undefined) {
      const [second, third] = await Promise.all([start(where), start(where)]);
      for (const { url } of [first, second, third]) expect((await fetch(`${url}/readyz`)).status).toBe(200);
      return;
    }
    const second = launch(where);
    let message = '';
    second.stderr!.on('data', (chunk) => (message += String(chunk)));
    expect(await once(second, 'close')).toEqual([1, null]);
    expect(message).toContain(`${where.dataDir} is in use by process ${first.child.pid}`);
    expect(await end(first.child, 'SIGKILL')).toBe(null);
    expect((await fetch(`${(await start(where)).url}/readyz`)).status).toBe(200);
  });
});
