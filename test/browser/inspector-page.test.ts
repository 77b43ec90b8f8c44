import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkNames, trustPolicySchema } from '@tianyuan/protocol';
import type { HttpServer } from '@tianyuan/platform/http/server.ts';
import { has } from '../components.ts';
import { type Watched, launchBrowser, openPage, scrollsSideways } from './browser.ts';
import { cooled, coseSample, truckSample } from './bundles.ts';
import { startSite } from './site.ts';

describe.skipIf(!has('chromium'))("the inspector's page in a browser", () => {
  const { bundle, policy } = truckSample();
  const { rpc } = policy;
  const suggestion = trustPolicySchema.strip().parse(policy);
  const text = JSON.stringify(bundle);
  let browser: Browser;
  let site: HttpServer;
  beforeAll(async () => {
    browser = await launchBrowser();
    site = await startSite({
      bundles: { good: bundle, bad: cooled(bundle), cut: text.slice(0, 700) },
      policy: suggestion,
      ...(rpc && { rpc }),
    });
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  async function visit(path: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await openPage(browser, site.url, options);
    await watched.page.goto(site.url + path);
    if (options.javaScriptEnabled !== false) {
      await expect.poll(() => watched.page.locator('#policy').inputValue()).not.toBe('');
    }
    return watched;
  }

  test('a valid bundle, linked from a batch: eight checks pass, and its readings are told', async () => {
    const { page, errors, foreignRequests } = await visit('/verify?bundle=/api/v1/bundles/good');
    await expectVerdict(page, 'valid');
    expect(await page.locator('#verdict-title').textContent()).toBe('有效：八项全部通过');
    expect(await statuses(page)).toEqual(checkNames.map((name) => [name, 'passed']));
    const claims = await page.locator('#claims').innerText();
    for (const words of [
      'th-0007（第 2 号密钥）',
      '2026年5月2日 06:30:00',
      '3.25\u00a0°C（air）',
      '91.2\u00a0%，早 30 秒',
    ]) {
      expect(claims).toContain(words);
    }
    expect(claims).toContain('共 7 条中的第 4 条');
    expect(claims).toContain(bundle.log.origin);
    expect(await page.locator('dd[title="2026-05-01T22:30:00.000Z"]').count()).toBe(1);
    expect(errors).toEqual([]);
    expect(foreignRequests).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    await page.context().close();
  });

  test('a message in the COSE profile is verified and told like any other', async () => {
    const cose = coseSample();
    const own = await startSite({
      bundles: { cose: cose.bundle },
      policy: suggestion,
      rpc: cose.policy.rpc!,
    });
    const { page, errors } = await openPage(browser, own.url);
    await page.goto(`${own.url}/verify?bundle=/api/v1/bundles/cose`);
    await expectVerdict(page, 'valid');
    const claims = await page.locator('#claims').innerText();
    expect(claims).toContain('COSE');
    expect(claims).toContain('415\u00a0ppm');
    expect(errors).toEqual([]);
    await page.context().close();
    await own.close();
  });

  test('the same in English, and the language switch keeps the bundle', async () => {
    const { page } = await visit('/verify?lang=en&bundle=/api/v1/bundles/good');
    await expectVerdict(page, 'valid');
    expect(await page.locator('#checks').innerText()).toContain("the device's signature fits the message");
    await page.getByRole('link', { name: '中文' }).tap();
    await page.getByText('有效：八项全部通过').waitFor();
    await page.context().close();
  });

  test('a tampered bundle: what fails is named with its reason, and its claims are called untrustworthy', async () => {
    const { page, errors } = await visit('/verify?bundle=/api/v1/bundles/bad');
    await expectVerdict(page, 'invalid');
    const found = new Map(await statuses(page));
    expect(found.get('message signature')).toBe('failed');
    expect(found.get('payload commitment')).toBe('failed');
    expect(found.get('inclusion')).toBe('passed');
    expect(await page.locator('[data-check="payload commitment"]').innerText()).toContain(
      '原始数据与日志条目不一致',
    );
    expect(await page.locator('#claims').innerText()).toContain('不可信');
    expect(await page.locator('#claims').innerText()).toContain('3.24\u00a0°C');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test.each([
    ['truncated', 'cut.proof.json', text.slice(0, 700), '内容在第 700 个字符处断了'],
    ['empty', 'empty.proof.json', '', '内容是空的'],
    ['a picture', 'photo.jpg', '\u0089PNG\r\n', '这不是证明包'],
    ['broken JSON', 'bad.json', `{"type" ${text}}`, '不是合规的 JSON'],
    ['another JSON', 'other.json', '{"type":"tianyuan/proof/v1"}', 'entry 缺失或不合规'],
    ['far too large', 'large.json', ' '.repeat(1024 * 1024 + 1), '文件太大'],
  ])('a file that is %s: the page says what is wrong with it', async (_name, name, content, words) => {
    const { page, errors } = await visit('/verify');
    await choose(page, name, content);
    await expectVerdict(page, 'unusable');
    expect(await page.locator('#verdict-detail').textContent()).toContain(words);
    expect(new Set((await statuses(page)).map(([, status]) => status))).toEqual(new Set(['waiting']));
    expect(await page.locator('#claims').isHidden()).toBe(true);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('a truncated bundle by link, a missing one, and one of another site', async () => {
    for (const [path, words] of [
      ['/api/v1/bundles/cut', '内容在第 700 个字符处断了'],
      ['/api/v1/bundles/none', 'HTTP 404'],
      ['https://elsewhere.example/x.json', '链接指向别的网站（elsewhere.example）'],
    ] as const) {
      const { page, foreignRequests } = await visit(`/verify?bundle=${encodeURIComponent(path)}`);
      await expectVerdict(page, 'unusable');
      await vi.waitFor(async () =>
        expect(await page.locator('#verdict-detail').textContent()).toContain(words),
      );
      expect(foreignRequests).toEqual([]);
      await page.context().close();
    }
  });

  test('a file dropped on it, and one pasted', async () => {
    const { page } = await visit('/verify');
    const transfer = await page.evaluateHandle(`
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(text)}], 'good.proof.json'));
      data;
    `);
    await page.locator('#drop').dispatchEvent('drop', { dataTransfer: transfer });
    await expectVerdict(page, 'valid');
    await page.getByText('或者粘贴内容').tap();
    await page.locator('#paste').fill(JSON.stringify(cooled(bundle)));
    await page.getByRole('button', { name: '验证粘贴的内容' }).tap();
    await expectVerdict(page, 'invalid');
    await page.context().close();
  });

  test('without a network after loading: everything but the chain is checked, and it says so', async () => {
    const { page, foreignRequests } = await visit('/verify');
    await page.context().setOffline(true);
    await choose(page, 'good.proof.json', text);
    await expectVerdict(page, 'incomplete');
    const found = new Map(await statuses(page));
    for (const name of ['message signature', 'payload commitment', 'inclusion', 'cosignatures']) {
      expect(found.get(name)).toBe('passed');
    }
    for (const name of ['device key', 'checkpoint signature', 'anchor', 'finality']) {
      expect(found.get(name)).toBe('not checked');
    }
    expect(await page.locator('#verdict-detail').textContent()).toContain('您现在没有联网');
    expect(foreignRequests).toEqual([]);

    await page.context().setOffline(false);
    await page.getByRole('button', { name: '按此重新验证' }).tap();
    await expectVerdict(page, 'valid');
    await page.context().close();
  });

  test('keys that the inspector pins need no network', async () => {
    const { page } = await visit('/verify');
    const { device, log } = bundle;
    await page.locator('#policy').fill(
      JSON.stringify({
        devices: [{ id: device!.id, key: device!.key, publicKey: device!.publicKey }],
        logs: [{ origin: log.origin, publicKey: log.publicKey }],
      }),
    );
    await page.context().setOffline(true);
    await choose(page, 'good.proof.json', text);
    await expectVerdict(page, 'incomplete');
    const open = (await statuses(page)).filter(([, status]) => status !== 'passed').map(([name]) => name);
    expect(open).toEqual(['anchor', 'finality']);
    await page.context().close();
  });

  test('trust is the reader’s: another contract makes it invalid, no policy is told beside the form', async () => {
    const { page } = await visit('/verify?bundle=/api/v1/bundles/good');
    await expectVerdict(page, 'valid');
    expect(await page.locator('#verdict-detail').textContent()).toContain('本站建议的信任策略');
    const own = await page.locator('#policy').inputValue();
    expect(JSON.parse(own)).toEqual(suggestion);

    await page.locator('#policy').fill(own.replace(suggestion.chain!.anchorLog, `0x${'99'.repeat(20)}`));
    await page.getByRole('button', { name: '按此重新验证' }).tap();
    await expectVerdict(page, 'invalid');
    expect(new Map(await statuses(page)).get('anchor')).toBe('failed');

    await page.locator('#policy').fill('{"chain": 7}');
    await page.getByRole('button', { name: '按此重新验证' }).tap();
    await expectVerdict(page, 'unusable');
    expect(await page.getByRole('alert').innerText()).toContain('chain:');

    await page.getByRole('button', { name: '恢复本站建议' }).tap();
    await expectVerdict(page, 'valid');
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.context().close();
  });

  test('asks no node where the reader names none', async () => {
    const { page } = await visit('/verify');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.locator('#rpc').fill('');
    await choose(page, 'good.proof.json', text);
    await expectVerdict(page, 'incomplete');
    expect(asked).toEqual([]);
    await page.context().close();
  });

  test('asks the node that the reader names, wherever it is', async () => {
    const node = await startSite({ ...(rpc && { rpc }) });
    const { page, foreignRequests } = await visit('/verify');
    await page.locator('#rpc').fill(`${node.url}/api/v1/chain/rpc`);
    await choose(page, 'good.proof.json', text);
    await expectVerdict(page, 'valid');
    expect(await page.locator('#verdict-detail').textContent()).toContain('您填写的信任策略');
    expect(new Set(foreignRequests)).toEqual(new Set([`${node.url}/api/v1/chain/rpc`]));
    await page.context().close();
    await node.close();
  });

  test('without JavaScript it tells how to use the command line', async () => {
    const { page, errors } = await visit('/verify', { javaScriptEnabled: false });
    expect(await page.locator('noscript code').isVisible()).toBe(true);
    expect(await page.locator('#drop').isVisible()).toBe(false);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('can be used with a keyboard, and tells its verdict aloud', async () => {
    const { page } = await visit('/verify', { isMobile: false, hasTouch: false });
    await page.keyboard.press('Tab'); // the language
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('file');
    expect(await page.locator('#verdict').getAttribute('aria-live')).toBe('polite');
    expect(await page.getByRole('status').count()).toBe(2);
    await page.context().close();
  });
});

/** Waits until the banner says so, and fails with what it says instead. */
async function expectVerdict(page: Page, wanted: string): Promise<void> {
  await page.locator(`#verdict[data-verdict="${wanted}"]`).waitFor();
}

async function statuses(page: Page): Promise<[name: string, status: string][]> {
  const items = await page.locator('#checks li').all();
  return Promise.all(
    items.map(async (item) => [
      (await item.getAttribute('data-check'))!,
      (await item.getAttribute('data-status'))!,
    ]),
  );
}

async function choose(page: Page, name: string, content: string): Promise<void> {
  await page
    .locator('#file')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
}
