import { setTimeout as delay } from 'node:timers/promises';
import { jsonRpcOver } from '@tianyuan/protocol';
import { request } from 'undici';
import { LauncherError } from './launcher-error.ts';

const pollMs = 100;
/** Generous: on a small board under load, the embedded database alone can take half a minute. */
const readyTimeoutMs = 180_000;

/** Waits for a 2xx answer; stops waiting when `broken` rejects. */
export function awaitHttp(what: string, url: string, broken: Promise<never>): Promise<void> {
  return awaitAnswer(what, url, () => answers(url), broken);
}

/** Waits until a chain's node tells its chain id. */
export function awaitChain(url: string, broken: Promise<never>): Promise<void> {
  const rpc = jsonRpcOver(url, 2_000);
  const isUp = (): Promise<boolean> =>
    rpc('eth_chainId', []).then(
      () => true,
      () => false,
    );
  return awaitAnswer('the local chain', url, isUp, broken);
}

async function awaitAnswer(
  what: string,
  url: string,
  isUp: () => Promise<boolean>,
  broken: Promise<never>,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  while (Date.now() < deadline) {
    if (await Promise.race([isUp(), broken])) return;
    await Promise.race([delay(pollMs), broken]);
  }
  throw new LauncherError(
    `${what} did not come up within ${readyTimeoutMs / 1000} s: ${url} does not answer`,
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await request(url, { headersTimeout: 2_000, bodyTimeout: 2_000 });
    await response.body.dump();
    return response.statusCode < 300;
  } catch {
    return false;
  }
}
