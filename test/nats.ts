import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { pathOf } from './components.ts';

export interface Nats {
  /** For NATS_URL. */
  url: string;
  /** Ends it at once, as a power cut does, and starts it again on its files and port. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
}

/** A NATS server with JetStream of one's own on loopback. */
export async function startNats(): Promise<Nats> {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-nats-'));
  const port = await getPort({ host: '127.0.0.1' });
  const start = async (): Promise<ChildProcess> => {
    const flags = ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', home];
    const server = spawn(pathOf('nats-server'), flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    await untilReady(server);
    return server;
  };
  let server = await start();
  const killWithUs = () => server.kill('SIGKILL');
  process.once('exit', killWithUs);
  const end = async (): Promise<void> => {
    const exited = once(server, 'exit');
    if (server.exitCode === null && server.signalCode === null && server.kill('SIGKILL')) await exited;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    async restart() {
      await end();
      server = await start();
    },
    async stop() {
      process.off('exit', killWithUs);
      await end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk) => {
      log += String(chunk);
      if (!log.includes('Server is ready')) return;
      server.stderr?.removeAllListeners('data').resume();
      server.removeAllListeners('exit');
      resolve();
    });
    server.once('error', reject);
    server.once('exit', (code) =>
      reject(new Error(`nats-server ended with ${code} while starting:\n${log}`)),
    );
  });
}
