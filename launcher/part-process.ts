import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import colors from 'picocolors';
import { prettyFactory } from 'pino-pretty';
import { LauncherError } from './launcher-error.ts';

/** A part that runs as a process of its own. */
export type PartProcess = {
  name: string;
  pid: number;
  /** resolves with the exit code when it has ended; signals count as 1 */
  ended: Promise<number>;
  /** asks it to stop and waits; after a while it is killed */
  stop: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
};

/** A gateway writes its last commit, anvil its state: a part that needs longer than this is stuck. */
const stopTimeoutMs = 15_000;
const keptLines = 20;

const palette = [colors.cyan, colors.green, colors.yellow, colors.magenta, colors.blue];
let started = 0;

const formatRecord = prettyFactory({
  colorize: colors.isColorSupported,
  singleLine: true,
  ignore: 'pid,hostname,name',
  translateTime: 'SYS:HH:MM:ss',
});

/**
 * Starts a part with its output prefixed by its name. It gets a process group of its own, so that Ctrl-C reaches only the
 * launcher, which stops the parts in their order.
 * @param quiet keeps the lines, and shows the last of them only where the part fails
 */
export function startPart(
  name: string,
  args: readonly string[],
  { env = {}, quiet = false }: { env?: Record<string, string>; quiet?: boolean } = {},
): PartProcess {
  const paint = palette[started++ % palette.length]!;
  const prefix = paint(name.padEnd(8));
  const lastLines: string[] = [];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const show = (line: string): void => {
    const text = `${prefix} │ ${formatLine(line)}`;
    if (quiet) {
      lastLines.push(text);
      if (lastLines.length > keptLines) lastLines.shift();
    } else process.stdout.write(`${text}\n`);
  };
  readLines(child.stdout, show);
  readLines(child.stderr, show);
  let stopping = false;
  const ended = once(child, 'close').then(([code]) => {
    const exitCode = (code as number | null) ?? 1;
    if (exitCode !== 0 && !stopping) for (const line of lastLines) process.stdout.write(`${line}\n`);
    return exitCode;
  });
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    async stop(signal = 'SIGTERM') {
      stopping = true;
      await stopChild(child, ended, signal);
    },
  };
}

/** Runs a part's command to its end and returns its standard output. */
export async function runCommand(what: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new LauncherError(`${what} failed: ${Buffer.concat(errors).toString().trim()}`);
  return Buffer.concat(output).toString();
}

async function stopChild(child: ChildProcess, ended: Promise<number>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}

function readLines(stream: Readable, show: (line: string) => void): void {
  createInterface({ input: stream }).on('line', show);
}

/** pino's JSON lines become readable; everything else is shown as it is. */
function formatLine(line: string): string {
  return line.startsWith('{') ? (formatRecord(line) ?? line).trimEnd() : line;
}
