import type { Socket } from 'node:net';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { answer, platformErrors, refuse } from './answer.ts';
import { requestText } from './canonical-text.ts';
import type { PlatformState } from './platform-state.ts';
import type { Record } from './record.ts';
import { digestHex, verifyText } from './signing.ts';

/** What the Node adapter hands to a handler: the socket, to cut it. */
export type Env = { Bindings: { incoming: { socket: Socket } } };

const maxBodyBytes = 64 * 1024;
const maxSkewMs = 300_000;

/** The platform as its clients see it. */
export function platformRoutes(state: PlatformState): Hono<Env> {
  const routes = new Hono<Env>();
  routes.use(
    bodyLimit({ maxSize: maxBodyBytes, onError: (c) => refuse(c, state, platformErrors.malformed) }),
  );
  routes.use(misbehave(state));
  routes.post('/oauth2/token', (c) => issueToken(c, state));
  routes.get('/open/v1/health', (c) => answer(c, state, 200, JSON.stringify({ status: 'up' })));
  routes.use('/open/v1/trace/*', admit(state));
  routes.get('/open/v1/trace/:code', (c) => answerRecord(c, state));
  return routes;
}

/** The faults that spare no request. */
function misbehave({ faults }: PlatformState): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (faults.has('down')) {
      c.env.incoming.socket.destroy();
      return c.body(null, 503);
    }
    while (faults.has('slow') && !c.req.raw.signal.aborted) {
      const gone = new Promise((resolve) =>
        c.req.raw.signal.addEventListener('abort', resolve, { once: true }),
      );
      await Promise.race([faults.changed(), gone]);
    }
    if (faults.has('error-500')) return c.text('Internal Server Error', 500);
    return next();
  };
}

function issueToken(c: Context<Env>, { home, faults, tokens, now }: PlatformState) {
  const { clientId, secrets } = home.keys.client;
  const basic = Buffer.from(
    (c.req.header('authorization') ?? '').replace(/^Basic /, ''),
    'base64',
  ).toString();
  const isKnown = secrets.some((secret) => basic === `${clientId}:${secret}`);
  // RFC 6749 section 5.2
  if (!isKnown || faults.has('expired-credential')) return c.json({ error: 'invalid_client' }, 401);
  return c.json(tokens.issue(now()), 200, { 'cache-control': 'no-store' });
}

/** Token, signature, clock and nonce, in this order. */
function admit(state: PlatformState): MiddlewareHandler<Env> {
  const { home, faults, tokens, encoding, now } = state;
  return async (c, next) => {
    const token = (c.req.header('authorization') ?? '').replace(/^Bearer /, '');
    if (faults.has('expired-credential') || !tokens.accepts(token, now())) {
      return refuse(c, state, platformErrors.token);
    }
    const header = (name: string) => c.req.header(`x-tc-${name}`) ?? '';
    const key = home.keys.client.keys.find(({ keyId }) => keyId === header('key'));
    const url = new URL(c.req.url);
    const timestamp = header('timestamp');
    const nonce = header('nonce');
    if (key === undefined || key.algorithm !== header('algorithm'))
      return refuse(c, state, platformErrors.signature);
    const text = requestText({
      method: c.req.method,
      target: `${url.pathname}${url.search}`,
      clientId: header('client'),
      timestamp,
      nonce,
      digest: digestHex(key.algorithm, new Uint8Array(await c.req.arrayBuffer())),
    });
    if (!verifyText(key, encoding, text, header('signature')))
      return refuse(c, state, platformErrors.signature);
    if (!(Math.abs(Number(timestamp) - now()) <= maxSkewMs))
      return refuse(c, state, platformErrors.timestamp);
    if (!/^[0-9a-f]{32}$/.test(nonce) || !state.isFresh(nonce)) return refuse(c, state, platformErrors.nonce);
    return next();
  };
}

function answerRecord(c: Context<Env>, state: PlatformState) {
  const { faults, home } = state;
  if (faults.has('malformed')) return answer(c, state, 200, '{"schemaVersion":"1.0","traceCode":');
  const record = home.records.get(c.req.param('code') ?? '');
  if (record === undefined || faults.has('unknown-code')) return refuse(c, state, platformErrors.unknownCode);
  return answer(c, state, 200, JSON.stringify(faults.has('changed-record') ? tampered(record) : record));
}

/** As if somebody had rewritten what was filed. */
function tampered(record: Record): Record {
  return { ...record, quantity: '9999', productName: `${String(record['productName'])}（已修改）` };
}
