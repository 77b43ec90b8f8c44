import { expect, onTestFinished, test } from 'vitest';
import { newTestStore } from '../test-store.ts';
import { readPasswordHash, setPassword } from './password.ts';
import { pageRoutes } from './routes.ts';
import { newSetUpCode } from './set-up-code.ts';
import { testPageData } from './test-page-data.ts';

const setUpCode = 'ABCD-2345';
const password = '田里的好密码很长';

/** The page over a store of its own, and a browser without a screen: it keeps cookies, and follows what it is told. */
function openPage(data = testPageData()) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const clock = { at: 0 };
  const reEvaluated: number[] = [];
  const approved: string[] = [];
  const app = pageRoutes({
    store,
    setUpCode,
    read: () => data,
    reEvaluate(id) {
      reEvaluated.push(id);
      return Promise.resolve({ code: 'GONE' });
    },
    approve: (device, fingerprint) => approved.push(`${device} ${fingerprint}`) > 0,
    sinceBootMs: () => clock.at,
    isTls: false,
  });
  const cookies = new Map<string, string>();
  async function ask(path: string, form?: Record<string, string>, headers: Record<string, string> = {}) {
    const response = await app.request(path, {
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...headers },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      cookies.set(name!, value!);
    }
    return response;
  }
  const tokenIn = (html: string) => /name="token" value="([\w-]+)"/.exec(html)![1]!;
  return { store, clock, cookies, ask, reEvaluated, approved, tokenIn };
}

async function openSignedIn(data = testPageData()) {
  const page = openPage(data);
  await page.ask('/set-up', { code: setUpCode, password, again: password });
  const html = await (await page.ask('/')).text();
  return { ...page, html, token: page.tokenIn(html) };
}

test('the first visitor needs the code of the log, and sets a password that lets in from then on', async () => {
  const { ask, store, cookies } = openPage();
  expect(await (await ask('/')).text()).toContain('设置密码');
  expect((await ask('/set-up', { code: 'AAAA-AAAA', password, again: password })).status).toBe(403);
  expect((await ask('/set-up', { code: setUpCode, password, again: `${password}x` })).status).toBe(403);
  expect((await ask('/set-up', { code: setUpCode, password: '1234567', again: '1234567' })).status).toBe(403);
  expect(readPasswordHash(store)).toBeUndefined();
  const done = await ask('/set-up', { code: ` ${setUpCode.toLowerCase()} `, password, again: password });
  expect([done.status, done.headers.get('location')]).toEqual([303, '/']);
  expect(done.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/);
  expect(await (await ask('/')).text()).toContain('gw-7');
  // The code has done its work: nobody sets another one with it.
  cookies.clear();
  expect(
    (await ask('/set-up', { code: setUpCode, password: 'another one', again: 'another one' })).status,
  ).toBe(403);
  expect((await ask('/sign-in', { password: 'another one' })).status).toBe(403);
  expect((await ask('/sign-in', { password })).status).toBe(303);
});

test('nothing is shown or done without a session', async () => {
  const { ask, store, reEvaluated } = openPage();
  await setPassword(store, password);
  const html = await (await ask('/')).text();
  expect(html).toContain('登录');
  expect(html).not.toContain('gw-7');
  for (const path of ['/quarantine/3/re-evaluate', '/sign-out'])
    expect((await ask(path, { token: 'x' })).status).toBe(403);
  expect(reEvaluated).toEqual([]);
});

test('guessing is slowed down, for a right password too', async () => {
  const { ask, store, clock } = openPage();
  await setPassword(store, password);
  for (let i = 0; i < 4; i++) expect((await ask('/sign-in', { password: `guess ${i}` })).status).toBe(403);
  expect((await ask('/sign-in', { password })).status).toBe(429);
  clock.at += 30_000;
  expect((await ask('/sign-in', { password })).status).toBe(303);
});

test('a session ends by its age, by signing out, and by another password', async () => {
  const { ask, store, clock, cookies, token } = await openSignedIn();
  clock.at += 12 * 3_600_000;
  expect(await (await ask('/')).text()).toContain('登录');
  await ask('/sign-in', { password });
  await setPassword(store, 'another password');
  expect(await (await ask('/')).text()).toContain('登录');
  await ask('/sign-in', { password: 'another password' });
  const kept = new Map(cookies);
  expect((await ask('/sign-out', { token })).status).toBe(403);
  const signedIn = await (await ask('/')).text();
  expect(
    (await ask('/sign-out', { token: /name="token" value="([\w-]+)"/.exec(signedIn)![1]! })).status,
  ).toBe(303);
  for (const [name, value] of kept) cookies.set(name, value);
  expect(await (await ask('/')).text()).toContain('登录');
});

test('a form counts with its session’s token only, and not from another site', async () => {
  const { ask, reEvaluated, token } = await openSignedIn();
  expect((await ask('/quarantine/3/re-evaluate', {})).status).toBe(403);
  expect((await ask('/quarantine/3/re-evaluate', { token: `${token}x` })).status).toBe(403);
  expect((await ask('/quarantine/3/re-evaluate', { token }, { 'sec-fetch-site': 'cross-site' })).status).toBe(
    403,
  );
  expect((await ask('/quarantine/3/re-evaluate')).status).toBe(404);
  expect(reEvaluated).toEqual([]);
  const done = await ask('/quarantine/3/re-evaluate', { token }, { 'sec-fetch-site': 'same-origin' });
  expect(done.headers.get('location')).toBe('/?done=GONE');
  expect(reEvaluated).toEqual([3]);
  expect(await (await ask('/?done=GONE')).text()).toContain('这条消息已不在这里');
  expect((await ask('/sign-in', { password: 'x'.repeat(5000) })).status).toBe(413);
});

test('a waiting device is let in by the fingerprint that its owner saw', async () => {
  const { ask, approved, html, token } = await openSignedIn();
  expect(html).toContain('1fde-83a0-77c1-0b2e');
  expect((await ask('/devices/truck-09/approve', { code: '1fde-83a0-77c1-0b2e' })).status).toBe(403);
  const done = await ask('/devices/truck-09/approve', { token, code: '1fde-83a0-77c1-0b2e' });
  expect(done.headers.get('location')).toBe('/?done=APPROVED');
  expect(approved).toEqual(['truck-09 1fde-83a0-77c1-0b2e']);
});

test('what devices and servers write is text and never markup', async () => {
  const hostile = '"><img src=x onerror=alert(1)>';
  const data = testPageData();
  const { html } = await openSignedIn({
    ...data,
    status: { ...data.status, gateway: hostile },
    devices: data.devices.map((device) => ({ ...device, device: hostile })),
    links: [{ name: hostile, state: { is: 'down', since: 0, reason: hostile }, sinceMs: 1 }],
    alarms: data.alarms.map((alarm) => ({ ...alarm, subject: hostile })),
    quarantine: { count: 1, newest: [{ ...data.quarantine.newest[0]!, device: hostile, detail: hostile }] },
  });
  expect(html).not.toContain('<img');
  expect(html).not.toMatch(/<script/i);
  expect(html.split('&lt;img src=x').length).toBeGreaterThan(6);
});

test('the page runs and fetches nothing: its policy allows its own style and forms', async () => {
  const { ask } = await openSignedIn();
  const response = await ask('/');
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('speaks Chinese first, English where asked for, and remembers', async () => {
  const { ask, html } = await openSignedIn();
  for (const words of [
    '2 个警报',
    '冷链中断',
    '测得 9.1 °C，约定不高于 8.0 °C',
    '未校准',
    '信号 -71 dBm',
    '密钥未登记',
    '2026-05-02 存证费用',
    '24 笔，2,640,000 gas，9,876,543,210,987,654,321 wei',
  ])
    expect(html).toContain(words);
  const english = await (await ask('/?lang=en')).text();
  for (const words of [
    '2 alarms',
    'cold chain broken',
    'uncalibrated',
    'key not enrolled',
    'anchoring, 2026-05-02',
    '24 sent, 2,640,000 gas',
    'down for 1 min 30 s',
  ])
    expect(english).toContain(words);
  expect(await (await ask('/')).text()).toContain('cold chain broken');
});

test('setup codes are long enough and have no letters that look alike', () => {
  const codes = new Set(Array.from({ length: 1000 }, newSetUpCode));
  expect(codes.size).toBe(1000);
  for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
});
