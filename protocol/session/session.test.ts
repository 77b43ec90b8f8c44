import { expect, test } from 'vitest';
import { decodeUtf8 } from '../encoding/bytes.ts';
import { messageContext } from '../message/message.ts';
import { loginInput, loginSchema, sessionContext } from './session.ts';

const login = { challenge: 'c'.repeat(43), key: 2, person: 'li-wei', site: 'https://trace.example' };

test('a login is signed over its context and its canonical form', () => {
  expect(decodeUtf8(loginInput(loginSchema.parse(login)))).toBe(
    `tianyuan/session/v1\n{"challenge":"${login.challenge}","key":2,"person":"li-wei","site":"https://trace.example"}`,
  );
});

test('a login cannot be taken for a message', () => {
  expect(sessionContext.startsWith(messageContext) || messageContext.startsWith(sessionContext)).toBe(false);
});

test.each([
  ['a short challenge', { challenge: 'c' }],
  ['no key', { key: 0 }],
  ['a person of another alphabet', { person: 'Li Wei' }],
  ['a site that is no address', { site: 'javascript:alert(1)' }],
  ['another member', { admin: true }],
])('with %s is none', (_, change) => {
  expect(loginSchema.safeParse({ ...login, ...change }).success).toBe(false);
});
