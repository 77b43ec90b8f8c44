import { describe, expect, it } from 'vitest';
import type { NationalResponse } from '../national-trace-adapter.ts';
import { classifyReply } from './classify-reply.ts';

const code = '36070220261120000001';
const reply = (
  status: number,
  body: unknown,
  signature: NationalResponse['signature'] = 'valid',
): NationalResponse => ({
  status,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  signature,
  keyId: 'k',
});
const record = { schemaVersion: '1.0', traceCode: code };
const faultOf = (response: NationalResponse) => {
  const verdict = classifyReply(response, code);
  return verdict.state === 'fault' ? verdict.fault : verdict.state;
};

describe('a reply', () => {
  it.each([
    ['a record', reply(200, record), 'record'],
    ['an unsigned record', reply(200, record, 'absent'), 'bad-signature'],
    ['a record under a wrong signature', reply(200, record, 'invalid'), 'bad-signature'],
    ['an unknown code', reply(404, { code: 'TC-4040', message: '追溯码不存在' }), 'unknown-code'],
    ['an unsigned 404', reply(404, { code: 'TC-4040' }, 'absent'), 'bad-signature'],
    ['a signed 404 with another code', reply(404, { code: 'TC-1' }), 'malformed'],
    ['a refusal', reply(403, { code: 'TC-4030' }), 'refused'],
    ['a clock that is off', reply(403, { code: 'TC-4013' }), 'clock'],
    ['a clock that is off, unsigned', reply(403, { code: 'TC-4013' }, 'absent'), 'bad-signature'],
    ['an old token', reply(401, '', 'absent'), 'stale-token'],
    ['too many requests', reply(429, '', 'absent'), 'unavailable'],
    ['an ill server', reply(502, '<html>', 'absent'), 'unavailable'],
    ['a redirect', reply(302, ''), 'malformed'],
    ['the record of another code', reply(200, { ...record, traceCode: '36070220261120000002' }), 'malformed'],
    ['a record without its version', reply(200, { traceCode: code }), 'malformed'],
    ['no JSON', reply(200, '{'), 'malformed'],
    ['a list', reply(200, [record]), 'malformed'],
    [
      'a member that would reach a prototype',
      reply(200, '{"schemaVersion":"1.0","a":{"__proto__":{}}}'),
      'malformed',
    ],
    ['a tower of lists', reply(200, `${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'malformed'],
  ])('%s', (_, response, verdict) => {
    expect(faultOf(response)).toBe(verdict);
  });

  it('of bytes that are no UTF-8 is malformed', () => {
    expect(faultOf({ ...reply(200, ''), body: Uint8Array.from([0x22, 0xff, 0x22]) })).toBe('malformed');
  });
});
