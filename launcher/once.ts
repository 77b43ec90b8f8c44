import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'undici';
import { demonstration } from './demonstration.ts';
import { LauncherError } from './launcher-error.ts';
import { type Layout, partMain } from './layout.ts';
import type { OneMachine } from './one-machine.ts';
import { startPart } from './part-process.ts';
import { type Progress, awaitProgress, formatProgress } from './progress.ts';

const goodMessages = 1_000;

/**
 * The whole way once, with nobody watching: messages good and bad, until every good one is final; a table of what became
 * of them; one bundle, verified by the verifier that a stranger would use.
 * @returns the exit code: the verifier's
 */
export async function runOnce(
  machine: OneMachine,
  layout: Layout,
  file: string,
  say: (line: string) => void,
): Promise<number> {
  say(`${goodMessages} good messages and some bad ones are on their way`);
  const sim = machine.startDevices({
    messages: String(goodMessages),
    rate: '20',
    faults: 'all',
    'fault-rate': '0.08',
    summary: layout.summary,
  });
  const code = await Promise.race([sim.ended, machine.parts.broken]);
  if (code !== 0) throw new LauncherError(`the devices ended with code ${code}`);

  const progress = await awaitProgress(
    machine,
    ({ logged, mirrored, final }) => mirrored >= logged && final >= logged,
    (now) => say(formatProgress(now)),
    machine.parts.broken,
  );
  say(`\n${formatTable(progress, readSummary(layout.summary))}\n`);

  const { sample } = (await getJson(`${machine.traceUrl}/api/v1/batches/${demonstration.batchId}/trace`)) as {
    sample: { logId: string; index: number } | null;
  };
  if (sample === null) throw new LauncherError('no message of the batch is anchored, though all should be');
  const response = await request(
    `${machine.traceUrl}/api/v1/logs/${sample.logId}/entries/${sample.index}/proof`,
  );
  if (response.statusCode !== 200)
    throw new LauncherError(`the trace API gives no proof: ${await response.body.text()}`);
  writeFileSync(file, await response.body.text());
  say(`the proof of entry ${sample.index} is in ${file}; verifying it:`);
  const verifier = startPart('verify', [
    partMain('verifier'),
    file,
    '--rpc',
    machine.rpcUrl,
    '--policy',
    layout.trustPolicy,
  ]);
  return verifier.ended;
}

/** What the device simulator writes with `--summary`, as far as it is shown here. */
type Summary = {
  good: { sent: number };
  faults: Record<string, { sent: number; expected: string; code?: string | null }>;
};

/** What became of the messages, in the words of the architecture. */
function formatTable(progress: Progress, { good, faults }: Summary): string {
  const { messages, verified, logged, mirrored, anchored, final } = progress;
  const rows: [string, string, number][] = [
    ['logged 入日志', 'entries under a signed checkpoint', logged],
    ['mirrored 已镜像', 'recomputed by the trace API', mirrored],
    ['anchored 已上链', 'under a root in a block', anchored],
    ['final 已终局', 'under a root that the chain cannot lose', final],
    ['messages 报文', 'entries that a device signed', messages],
    ['verified 已验证', 'of these, signature, key and commitment right', verified],
    ...reasons('refused 拒收', progress.refused),
    ...reasons('flagged 标记', progress.flagged),
    ['sent 发出', 'good', good.sent],
    ...Object.entries(faults).map(([fault, { sent, expected, code }]): [string, string, number] => [
      'sent 发出',
      `${fault} (${expected}${code ? ` ${code}` : ''})`,
      sent,
    ]),
  ];
  const width = Math.max(...rows.map(([, what]) => what.length));
  return rows
    .map(([state, what, count]) => `  ${pad(state, 18)} ${what.padEnd(width)} ${String(count).padStart(7)}`)
    .join('\n');
}

function reasons(state: string, counts: Record<string, number>): [string, string, number][] {
  return Object.entries(counts).map(([code, count]) => [state, code, count]);
}

/** Chinese characters take two columns of a terminal. */
function pad(text: string, columns: number): string {
  const width = Array.from(text).reduce((sum, character) => sum + (character > '\u2e80' ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(0, columns - width));
}

function readSummary(file: string): Summary {
  return JSON.parse(readFileSync(file, 'utf8')) as Summary;
}

async function getJson(url: string): Promise<unknown> {
  return (await request(url)).body.json();
}
