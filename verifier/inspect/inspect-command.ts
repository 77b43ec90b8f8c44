import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { encodeBase64, jsonRpcOver, publicKeyOf } from '@tianyuan/protocol';
import { z } from 'zod';
import { choosePolicy } from '../choose-policy.ts';
import { UnusableInput } from '../unusable-input.ts';
import type { LotResult } from './inspect-lot.ts';
import { drawLots, inspectLots, lotStates } from './inspect.ts';
import { newInspection } from './inspection.ts';
import { loadInspectorKey } from './inspector-key.ts';
import { missWords } from './miss.ts';
import { algorithm } from './rank.ts';
import { rememberAnswers } from './remember-answers.ts';
import { renderReport } from './report-page.ts';
import { type Report, reportOf, signReport } from './report.ts';
import { traceSource } from './trace-source.ts';

/** As they were typed. */
export type InspectOptions = {
  sample: string;
  seed?: string;
  state: string;
  url?: string;
  trust?: string;
  rpc?: string;
  bundles: string;
  key: string;
  out: string;
};

const optionsSchema = z.object({
  sample: z.coerce.number().int().min(1).max(100_000),
  seed: z.string().min(1).max(200),
  state: z.enum(lotStates),
  bundles: z.coerce.number().int().min(0).max(10_000),
  url: z.url({ protocol: /^https?$/ }),
  rpc: z.url({ protocol: /^https?$/ }).optional(),
});

/** Long enough for the two writes of a local chain's state file that its finality waits for. */
const patienceMs = 10_000;

const ofThisCheckout = (file: string) => fileURLToPath(new URL(`../../.tianyuan/${file}`, import.meta.url));

/** `inspect`: draws, inspects, prints, writes the report. @returns the exit code @throws UnusableInput, Unreachable */
export async function runInspection(typed: InspectOptions): Promise<number> {
  const options = readOptions(typed);
  const { policy, source: policySource } = choosePolicy(
    typed.trust === undefined ? {} : { policy: typed.trust },
    ofThisCheckout('trust-policy.json'),
  );
  const { secretKey, isNew } = loadInspectorKey(typed.key);
  stderr.write(`信任策略 trust policy: ${policySource}\n`);
  stderr.write(
    `检查员公钥 inspector's public key: ${encodeBase64(publicKeyOf(secretKey))}${isNew ? ` (新建 new, ${typed.key})` : ''}\n`,
  );
  const calledOff = new AbortController();
  const stop = () => calledOff.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const report = await inspect(options, policy, calledOff.signal);
    if (report === undefined) return 130;
    writeFileSync(typed.out, renderReport(signReport(report, secretKey)));
    stdout.write(summaryOf(report, typed.out));
    if (!report.complete) return 130;
    return report.examined === 0 ? 2 : report.accurate === report.examined ? 0 : 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function inspect(
  { url, rpc, seed, sample, state, bundles: bundlesALot }: z.infer<typeof optionsSchema>,
  policy: Report['policy'],
  signal: AbortSignal,
): Promise<Report | undefined> {
  const startedAt = Date.now();
  const source = traceSource(url, signal);
  const drawn = await drawLots(source, state, seed, sample).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (drawn === undefined) return undefined;
  stderr.write(
    `从 ${drawn.listed} 批中抽 ${drawn.lots.length} 批 · ${drawn.lots.length} of ${drawn.listed} lots\n`,
  );
  const inspection = newInspection({
    source,
    policy: rpc === undefined ? policy : { ...policy, rpc: rememberAnswers(jsonRpcOver(rpc)) },
    seed,
    bundlesALot,
    patienceMs,
    signal,
  });
  const lots = await inspectLots(inspection, drawn.lots, (result, done) =>
    stdout.write(lineOf(result, done, drawn.lots.length)),
  );
  return reportOf({
    traceUrl: source.url,
    policy,
    rpc: rpc !== undefined,
    startedAt,
    endedAt: Date.now(),
    seed,
    sample,
    bundlesALot,
    algorithm,
    drawnFrom: { state, lots: drawn.listed, sha256: drawn.listHash },
    complete: lots.length === drawn.lots.length,
    lots,
  });
}

function lineOf({ path, messages, steps, pending, misses }: LotResult, done: number, all: number): string {
  const mark = misses.length === 0 ? '✓' : '✗';
  const waiting = pending === 0 ? '' : `, ${pending} 待上链 pending`;
  const head = `[${done}/${all}] ${mark} ${path}  ${messages} 条 messages, ${steps} 步 steps${waiting}\n`;
  const reasons = misses.map(({ code, detail }) => {
    const { zh, en } = missWords[code];
    return `      ${code} ${zh} · ${en}: ${detail}\n`;
  });
  return head + reasons.join('');
}

function summaryOf({ examined, accurate, complete }: Report, out: string): string {
  const rate = examined === 0 ? '–' : `${((100 * accurate) / examined).toFixed(1)} %`;
  return (
    `\n准确率 accuracy: ${accurate}/${examined} = ${rate}${complete ? '' : '（中途中止 called off）'}\n` +
    `${examined === 0 ? '没有可抽检的批次 there is no lot to inspect\n' : ''}报告 report: ${out}\n`
  );
}

function readOptions({ seed, url, rpc, ...rest }: InspectOptions): z.infer<typeof optionsSchema> {
  const local = url === undefined || rpc === undefined ? readAddresses() : undefined;
  const parsed = optionsSchema.safeParse({
    ...rest,
    seed: seed ?? randomBytes(16).toString('hex'),
    url: url ?? local?.traceUrl ?? 'http://127.0.0.1:8080',
    // A deployment on this machine vouches for its own chain only.
    rpc: rpc ?? (url === undefined ? local?.rpcUrl : undefined),
  });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `  --${path.join('.')}: ${message}`);
  throw new UnusableInput('参数不正确。', `The options do not do:\n${issues.join('\n')}`);
}

/** Where the parts of `npm start` listen, while it runs. */
function readAddresses(): { traceUrl: string; rpcUrl: string } | undefined {
  try {
    const text = readFileSync(ofThisCheckout('addresses.json'), 'utf8');
    return z.object({ traceUrl: z.string(), rpcUrl: z.string() }).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // it does not run
  }
}
