import { request } from 'undici';
import { z } from 'zod';
import { maxScore } from '@tianyuan/protocol';
import { type QualityModel, QualityModelError, type Sample } from './quality-model.ts';

const answerTimeoutMs = 30_000; // a network of some gigabytes without a graphics card
const maxAnswerBytes = 64 * 1024;

const name = z.string().min(1).max(64);
const findings = z
  .record(z.string().regex(/^[a-z0-9_]{1,64}$/), z.int())
  .refine((all) => Object.keys(all).length <= 64, 'at most 64 findings');

const answerSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('scored'),
    score: z.int().min(0).max(maxScore),
    model: name,
    version: name,
    findings,
  }),
  z.object({ state: z.literal('unusable'), detail: z.string().min(1).max(500) }),
]);

/**
 * A model that is served elsewhere: the sample's bytes are posted with their media type, and the answer is
 * `{ state: 'scored', score, model, version, findings }` or `{ state: 'unusable', detail }`. It is asked once: whoever sent the
 * sample can send it again.
 */
export function httpQualityModel(config: {
  url: string;
  takes: readonly Sample['kind'][];
  leastScore: number;
}): QualityModel {
  const { url, takes, leastScore } = config;
  return {
    name: new URL(url).host,
    version: 'as it answers',
    takes,
    leastScore,
    async check(sample) {
      const answer = answerSchema.safeParse(await ask(url, sample));
      if (!answer.success) {
        throw new QualityModelError(
          `the model at ${url} answered in another form: ${z.prettifyError(answer.error)}`,
        );
      }
      return answer.data.state === 'scored' ? answer.data : { ...answer.data, reason: 'refused-by-model' };
    },
  };
}

async function ask(url: string, { bytes, mediaType, kind }: Sample): Promise<unknown> {
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: { 'content-type': mediaType, 'x-sample-kind': kind, accept: 'application/json' },
      body: bytes,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    let text = '';
    for await (const chunk of body.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > maxAnswerBytes) throw new Error('its answer is too long');
    }
    if (statusCode !== 200) throw new Error(`it answered ${statusCode}`);
    return JSON.parse(text);
  } catch (cause) {
    throw new QualityModelError(`the model at ${url} gives no answer: ${(cause as Error).message}`, {
      cause,
    });
  }
}
