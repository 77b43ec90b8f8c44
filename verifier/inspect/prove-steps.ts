import {
  type Message,
  ProtocolError,
  bytesToHex,
  decodeBase64,
  parseMessage,
  proofBundleSchema,
  sha256,
  verifyBundle,
} from '@tianyuan/protocol';
import { setTimeout as delay } from 'node:timers/promises';
import type { View } from './answers.ts';
import type { Inspection } from './inspection.ts';
import type { Miss } from './miss.ts';
import { atOnce, indexOf, missOf } from './prove-bundles.ts';
import type { ReadPage } from './read-page.ts';
import { type Answer, Unreachable, getJson } from './trace-source.ts';

type Step = NonNullable<View['story']>['steps'][number];

/** A page has room for so many of the steps nearest to the lot; the rest are in the data, which its proofs are compared with. */
const stepsOnAPage = 200;
const lookAgainMs = 500;

/**
 * What people signed of a lot: each step that is shown is the event in the platform's log, signed, logged and anchored. That
 * a key is the person's is the platform's word: the chain knows keys of devices and logs only.
 */
export async function proveSteps(
  inspection: Inspection,
  { story }: View,
  pages: Record<'zh' | 'en', ReadPage>,
): Promise<{ proven: number; misses: Miss[] }> {
  if (story === null) return { proven: 0, misses: [] };
  const misses = story.steps.slice(-stepsOnAPage).flatMap((step) => compareShown(step, story.logId, pages));
  let proven = 0;
  const waiting = [...story.steps];
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      inspection.signal.throwIfAborted();
      const found = await proveStep(inspection, story.logId, step);
      if (found === undefined) proven += 1;
      else misses.push(found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { proven, misses };
}

/** The reports that are shown of a lot: each was signed with that file's hash, and the file is the one of it. */
export async function proveReports(inspection: Inspection, { story }: View): Promise<Miss[]> {
  const misses: Miss[] = [];
  for (const { index, sha256: hash, hasFile } of story?.reports ?? []) {
    const where = placeOf(story!.logId, index);
    const record = await proveRecord(inspection, story!.logId, index);
    if ('code' in record) misses.push(record);
    else if (
      record.message !== undefined &&
      'report' in record.message &&
      record.message.report.hash !== hash
    )
      misses.push({ code: 'REPORT_DIFFERS', detail: `${where}: ${record.message.report.hash} was signed` });
    if (!hasFile) continue;
    const file = await inspection.source.get(`/api/v1/files/${hash}`);
    if (file.status !== 200 || bytesToHex(sha256(file.body)) !== hash)
      misses.push({ code: 'REPORT_DIFFERS', detail: `${where}: its file is not that of ${hash}` });
  }
  return misses;
}

function compareShown(
  { time, index, words }: Step,
  logId: string,
  pages: Record<'zh' | 'en', ReadPage>,
): Miss[] {
  const utc = new Date(time).toISOString();
  const proof = `/verify?bundle=${encodeURIComponent(`/api/v1/logs/${logId}/entries/${index}/proof`)}`;
  return (['zh', 'en'] as const).flatMap((language) => {
    const page = pages[language];
    const missing = [
      ...(page.text.includes(words[language]) ? [] : [`"${words[language]}"`]),
      ...(page.times.has(utc) ? [] : [utc]),
      ...(page.links.has(proof) ? [] : [`the link to its proof`]),
    ];
    return missing.map((what): Miss => {
      return { code: 'PAGE_DIFFERS', detail: `${language}: ${what} of step ${index} is not shown` };
    });
  });
}

async function proveStep(
  inspection: Inspection,
  logId: string,
  { time, index }: Step,
): Promise<Miss | undefined> {
  const record = await proveRecord(inspection, logId, index);
  if ('code' in record) return record;
  const { message } = record;
  const signedTime =
    message !== undefined && 'event' in message ? Date.parse(message.event['eventTime']) : undefined;
  if (signedTime === time) return undefined;
  const signed = signedTime === undefined ? 'no event' : new Date(signedTime).toISOString();
  return {
    code: 'STEP_DIFFERS',
    detail: `${placeOf(logId, index)}: ${signed} was signed, ${new Date(time).toISOString()} is shown`,
  };
}

const placeOf = (logId: string, index: number) => `${logId.slice(0, 8)}/${index}`;

/** A record in the platform's log, signed, logged and anchored. @returns its message; undefined where the payload is withheld */
async function proveRecord(
  { source, policy, patienceMs, signal }: Inspection,
  logId: string,
  index: number,
): Promise<{ message: Message | undefined } | Miss> {
  const where = placeOf(logId, index);
  const path = `/api/v1/logs/${logId}/entries/${index}/proof`;
  const until = Date.now() + patienceMs;
  for (;;) {
    const answer = await source.get(path, 'application/json');
    // Not anchored yet: the platform anchors its own log every so often.
    if (answer.status === 409 && Date.now() < until) {
      await delay(lookAgainMs, undefined, { signal });
      continue;
    }
    if (answer.status !== 200) return { code: 'NOT_PROVEN', detail: `${where}: ${saidIn(answer)}` };
    const bundle = await getJson(source, path, proofBundleSchema);
    if (indexOf(bundle) !== index)
      return { code: 'PROOF_INVALID', detail: `${where}: the bundle is of another entry` };
    const { verdict, checks } = await verifyBundle(bundle, policy);
    // Whose key it is, is the platform's word; and nothing on the page says that a step is final.
    const open = checks.filter(
      ({ name, status }) =>
        status === 'failed' || (status === 'not checked' && name !== 'device key' && name !== 'finality'),
    );
    if (open.length > 0) return missOf(where, verdict, open);
    return { message: messageIn(bundle.payload) };
  }
}

function messageIn(payload: string | undefined): Message | undefined {
  if (payload === undefined) return undefined;
  try {
    return parseMessage(decodeBase64(payload)).message;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function saidIn({ status, body }: Answer): string {
  const text = new TextDecoder().decode(body).slice(0, 200);
  if (status === 404) throw new Unreachable(`something is shown whose entry is not there: ${text}`);
  return `its proof is refused: ${status} ${text}`;
}
