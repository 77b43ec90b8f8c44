import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import getPort from 'get-port';
import { pathOf } from './components.ts';

export interface Postgres {
  /** For DATABASE_URL: the superuser's, on loopback, with its password. */
  url: string;
  /** Disconnects everybody, stops the server and deletes its files. */
  stop: () => Promise<void>;
}

/**
 * Starts a real PostgreSQL server of one's own on an empty cluster, as its defaults are: synced to disk at each commit.
 * @param settings `postgresql.conf` entries to differ in, such as `{ max_connections: '200' }`
 */
export async function startPostgres(settings: Record<string, string> = {}): Promise<Postgres> {
  const programs = dirname(pathOf('postgres'));
  const user = unprivilegedUser();
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-postgres-'));
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [home, passwordFile]) chownSync(path, user.uid, user.gid);

  const data = join(home, 'data');
  // English messages, because one is waited for below; and byte order for text on every machine.
  const options = { cwd: home, env: { ...process.env, LC_ALL: 'C' }, ...user };
  const auth = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const initdb = ['--pgdata', data, '--encoding=UTF8', '--no-locale', '--no-sync', ...auth];
  execFileSync(join(programs, 'initdb'), initdb, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });

  const port = await getPort({ host: '127.0.0.1' });
  const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...flags], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const killWithUs = () => server.kill('SIGQUIT');
  process.once('exit', killWithUs);
  await untilReady(server);

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off('exit', killWithUs);
      const exited = once(server, 'exit');
      // The "fast" shutdown of PostgreSQL's manual, section 19.5: roll back, disconnect, write a clean checkpoint.
      if (server.exitCode === null && server.signalCode === null && server.kill('SIGINT')) await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; Debian's packages bring the user `postgres` for it. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk) => {
      log += String(chunk);
      if (!log.includes('database system is ready to accept connections')) return;
      server.stderr?.removeAllListeners('data').resume();
      server.removeAllListeners('exit');
      resolve();
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code} while starting:\n${log}`)));
  });
}
