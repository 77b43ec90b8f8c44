import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Fault } from '@tianyuan/trace-china-sim';

const main = fileURLToPath(new URL('../../trace-china-sim/main.ts', import.meta.url));

/** The simulated national platform, a process of its own; its home is there until `dispose`. */
export type SimulatorProcess = {
  url: string;
  environmentsFile: string;
  setFaults: (...faults: Fault[]) => Promise<void>;
  setClock: (offsetMs: number) => Promise<void>;
  putRecord: (record: { traceCode: string; [member: string]: unknown }) => Promise<void>;
  forgetTokens: () => Promise<void>;
  rotateSecret: () => Promise<void>;
  /** as Ctrl-C does; resolves with the exit code */
  stop: () => Promise<number | null>;
  /** again, on the same port and with the same keys and records */
  restart: () => Promise<void>;
  dispose: () => Promise<void>;
};

export async function startSimulator(...flags: string[]): Promise<SimulatorProcess> {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-national-'));
  let child: ChildProcess;
  const start = async (port: string) => {
    child = spawn(process.execPath, [main, '--home', home, '--port', port, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the simulator ended with code ${String(code)} before it said where it listens`);
    });
    const line = once(createInterface({ input: child.stdout! }), 'line').then(([first]) => first as string);
    ended.catch(() => {}); // its end later is what a test wants
    const first = await Promise.race([line, ended]);
    return JSON.parse(first) as { url: string; environmentsFile: string };
  };
  const { url, environmentsFile } = await start('0');
  const admin = async (method: string, path: string, body?: object) => {
    const init = { method, headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${url}/admin${path}`, {
      ...init,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  };
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  return {
    url,
    environmentsFile,
    setFaults: (...faults) => admin('PUT', '/faults', { faults }),
    setClock: (offsetMs) => admin('PUT', '/clock', { offsetMs }),
    putRecord: (record) => admin('PUT', `/records/${record.traceCode}`, record),
    forgetTokens: () => admin('DELETE', '/tokens'),
    rotateSecret: () => admin('POST', '/secrets'),
    stop,
    restart: async () => void (await start(new URL(url).port)),
    async dispose() {
      await stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
