import type { Context } from 'hono';
import { responseText } from './canonical-text.ts';
import type { PlatformState } from './platform-state.ts';
import { digestHex, signText } from './signing.ts';

/** The platform's error codes: docs/trace-china.md, "Errors". */
export const platformErrors = {
  malformed: { status: 400, code: 'TC-4000', message: '请求不合规' },
  token: { status: 401, code: 'TC-4010', message: '访问令牌缺失或过期' },
  signature: { status: 403, code: 'TC-4012', message: '请求签名无效' },
  timestamp: { status: 403, code: 'TC-4013', message: '时间戳超出允许范围' },
  nonce: { status: 403, code: 'TC-4014', message: '随机数重复' },
  unknownCode: { status: 404, code: 'TC-4040', message: '追溯码不存在' },
  internal: { status: 500, code: 'TC-5000', message: '平台内部错误' },
} as const;

type PlatformError = (typeof platformErrors)[keyof typeof platformErrors];

/** A signed answer: the signature covers the status, the platform's time, the request's nonce and the body's digest. */
export function answer(
  c: Context,
  state: PlatformState,
  status: 200 | PlatformError['status'],
  text: string,
) {
  const { home, algorithm, encoding, faults } = state;
  const key = home.keys.platform.find((one) => one.algorithm === algorithm)!;
  const body = Buffer.from(text);
  const timestamp = String(state.now());
  const nonce = c.req.header('x-tc-nonce') ?? '';
  const digest = digestHex(algorithm, body);
  const signed = responseText({ status, keyId: key.keyId, timestamp, nonce, digest });
  const signature = signText(key, encoding, faults.has('bad-signature') ? `${signed}x` : signed);
  return c.body(text, status, {
    'content-type': 'application/json; charset=utf-8',
    'x-tc-version': '1.0',
    'x-tc-algorithm': algorithm,
    'x-tc-key': key.keyId,
    'x-tc-timestamp': timestamp,
    'x-tc-nonce': nonce,
    'x-tc-signature': signature,
  });
}

export function refuse(c: Context, state: PlatformState, { status, code, message }: PlatformError) {
  return answer(c, state, status, JSON.stringify({ code, message }));
}
