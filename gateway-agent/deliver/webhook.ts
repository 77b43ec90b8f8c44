import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { request } from 'undici';
import { GatewayError } from '../gateway-error.ts';
import type { Store } from '../keep/store.ts';
import { retryForEver } from './backoff.ts';
import { newGrowth } from './growth.ts';
import type { LinkHealth } from './link-health.ts';

export type Webhook = {
  /** queues a notice, inside the caller's transaction */
  put: (body: string, now: number) => void;
  /** says that a notice was committed */
  announce: () => void;
  /** notices that wait */
  waiting: () => number;
  /** notices that made room for newer ones, since the start */
  dropped: () => number;
  run: (signal: AbortSignal) => Promise<void>;
};

/** Months of alarms, at about 500 bytes each; the log has them all anyway. */
const maxNotices = 1_000;
const defaultTimeoutMs = 15_000;

/**
 * Posts notices one after the other, oldest first, until each was answered with 2xx, signed as standardwebhooks.com says:
 * HMAC-SHA256 over id, timestamp and body. The queue is in the store, so an alarm of a night without a link is told in
 * the morning; a receiver that is down gets the newest {@link maxNotices}.
 */
export function openWebhook(options: {
  url: string;
  secret: Buffer;
  /** names this gateway in message ids: a receiver may have several, and sees each id once */
  gateway: string;
  store: Store;
  now: () => number;
  health: LinkHealth;
  logger: Logger;
  /** of one post */
  timeoutMs?: number;
}): Webhook {
  const { url, secret, gateway, store, now, health, logger, timeoutMs = defaultTimeoutMs } = options;
  const insert = store.sqlite.prepare('INSERT INTO notices (body, created_at) VALUES (?, ?)');
  const trim = store.sqlite.prepare(
    `DELETE FROM notices WHERE id <= (SELECT MAX(id) FROM notices) - ${maxNotices}`,
  );
  const selectOldest = store.sqlite.prepare(
    'SELECT id, body, created_at AS createdAt FROM notices ORDER BY id LIMIT 1',
  );
  const remove = store.sqlite.prepare('DELETE FROM notices WHERE id = ?');
  const count = store.sqlite.prepare('SELECT COUNT(*) FROM notices').pluck();
  const arrivals = newGrowth();
  let dropped = 0;

  const oldest = () => selectOldest.get() as { id: number; body: string; createdAt: number } | undefined;

  async function post({ id, body, createdAt }: NonNullable<ReturnType<typeof oldest>>, signal: AbortSignal) {
    const messageId = `${gateway}-${createdAt}-${id}`;
    const timestamp = String(Math.floor(now() / 1000));
    const response = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': messageId,
        'webhook-timestamp': timestamp,
        'webhook-signature': signNotice(secret, messageId, timestamp, body),
      },
      body,
      // Over all: between two bytes a receiver that drips would hold every later notice for ever.
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await response.body.dump();
    if (response.statusCode >= 300)
      throw new GatewayError('WEBHOOK', `the webhook ${url} answered ${response.statusCode}`);
    health.succeeded();
    remove.run(id);
  }

  async function drain(signal: AbortSignal): Promise<void> {
    try {
      for (let notice = oldest(); notice !== undefined; notice = oldest()) await post(notice, signal);
    } catch (error) {
      if (!signal.aborted) health.failed(error);
      throw error;
    }
  }

  return {
    put(body, at) {
      insert.run(body, at);
      dropped += trim.run().changes;
    },
    announce: arrivals.announce,
    waiting: () => count.get() as number,
    dropped: () => dropped,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await retryForEver(
            () => drain(signal),
            signal,
            (error, delayMs) =>
              logger.warn(
                { err: error, retryInMs: Math.round(delayMs) },
                'an alarm could not be posted and will be tried again',
              ),
          );
          await arrivals.until(() => oldest() !== undefined, signal);
        } catch (error) {
          if (!signal.aborted)
            logger.error({ err: error }, 'the webhook stopped unexpectedly and starts again');
        }
      }
    },
  };
}

/** `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; `timestamp` in Unix seconds. */
export function signNotice(secret: Uint8Array, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** @throws GatewayError CONFIG for a file that holds no secret of 24 to 64 bytes */
export function readWebhookSecret(file: string): Buffer {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new GatewayError('CONFIG', `cannot read the webhook's secret ${file}`, { cause });
  }
  const secret = Buffer.from(text.replace(/^whsec_/, ''), 'base64');
  if (secret.length < 24 || secret.length > 64)
    throw new GatewayError('CONFIG', `${file} does not hold a webhook secret: base64 of 24 to 64 bytes`);
  return secret;
}
