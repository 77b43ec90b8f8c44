import {
  ProtocolError,
  decodeBase64,
  parseMessage,
  proofBundleSchema,
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
  { source, policy, patienceMs, signal }: Inspection,
  logId: string,
  { time, index }: Step,
): Promise<Miss | undefined> {
  const where = `${logId.slice(0, 8)}/${index}`;
  const path = `/api/v1/logs/${logId}/entries/${index}/proof`;
  const until = Date.now() + patienceMs;
  for (;;) {
    const answer = await source.get(path, 'application/json');
    // Not anchored yet: the platform anchors its own log every so often.
    if (answer.status === 409 && Date.now() < until) {
      await delay(lookAgainMs, undefined, { signal });
      continue;
    }
    if (answer.status !== 200) return { code: 'NOT_PROVEN', detail: `step ${where}: ${saidIn(answer)}` };
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
    const signedTime = eventTimeIn(bundle.payload);
    if (signedTime === time) return undefined;
    const signed = signedTime === undefined ? 'no event' : new Date(signedTime).toISOString();
    return {
      code: 'STEP_DIFFERS',
      detail: `${where}: ${signed} was signed, ${new Date(time).toISOString()} is shown`,
    };
  }
}

/** Of the signed event, Unix ms; undefined where the payload is withheld or is no event. */
function eventTimeIn(payload: string | undefined): number | undefined {
  if (payload === undefined) return undefined;
  try {
    const { message } = parseMessage(decodeBase64(payload));
    return 'event' in message ? Date.parse(message.event['eventTime']) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function saidIn({ status, body }: Answer): string {
  const text = new TextDecoder().decode(body).slice(0, 200);
  if (status === 404) throw new Unreachable(`a step is shown whose entry is not there: ${text}`);
  return `its proof is refused: ${status} ${text}`;
}
