import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeBase64 } from '@tianyuan/protocol';
import { type Database, openDatabase } from '@tianyuan/platform';
import { type HttpServer, serve } from '@tianyuan/platform/http/server.ts';
import { entries, records } from '@tianyuan/trace-api/database/schema.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { has } from '../components.ts';
import { type TraceService, ownerToken, platformKey, traceService } from '../trace/trace-service.ts';
import { type Watched, launchBrowser, openPage, scrollsSideways } from './browser.ts';

const farm = '91110000600037341L';
const shop = '91110108551385082Q';

describe.skipIf(!has('chromium'))('the desk in a browser', () => {
  let browser: Browser;
  let database: Database;
  let trace: TraceService;
  let site: HttpServer;
  beforeAll(async () => {
    database = await openDatabase({ migrations });
    trace = traceService(database);
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    for (const uscc of [farm, shop]) {
      await owner('PUT', `/api/v1/organisations/${uscc}`, { name: { zh: '农场', en: 'Farm' }, kind: 'farm' });
    }
    const place = { zh: '寿安镇', en: 'Shou’an' };
    await owner('PUT', '/api/v1/plots/N-7', { organisation: farm, name: place, place, area: 2_000 });
    await owner('PUT', '/api/v1/batches/desk-1', {
      gtin: '06901234567892',
      lot: 'D-1',
      product: { zh: '脐橙', en: 'Navel oranges' },
      origin: place,
      limits: [],
      devices: [],
      published: true,
      farmPlotId: 'N-7',
    });
    site = await serve({ fetch: trace.app.fetch, host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await database?.close();
  });

  async function owner(method: string, path: string, body: object): Promise<void> {
    const response = await trace.request(path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}` },
      body: JSON.stringify(body),
    });
    expect(response.ok, await response.clone().text()).toBe(true);
  }
  const statusOf = async (batchId: string) =>
    ((await (await trace.request(`/api/v1/batches/${batchId}/status`)).json()) as { status: string }).status;
  const rows = async () =>
    (await database.queries.select().from(records))
      .filter(({ name }) => name === 'event' || name === 'binding')
      .map(({ name, by, signed }) => [name, by, signed]);

  /** A person with a key of this browser, enrolled and noted as a farmer of plot N-7. */
  async function visit(person: string): Promise<Watched> {
    const watched = await openPage(browser, site.url);
    const { page } = watched;
    await page.goto(`${site.url}/desk`);
    await page.locator('#person').fill(person);
    await page.getByRole('button', { name: '在此浏览器生成密钥' }).tap();
    await page.locator('#enrol-command').waitFor();
    const publicKey = (await page.locator('#public-key').textContent())!;
    expect(await page.locator('#enrol-command').textContent()).toBe(
      `npm run person -- enrol ${person} --public-key ${publicKey}`,
    );
    await trace.enrol(person, decodeBase64(publicKey));
    await owner('PUT', `/api/v1/people/${person}`, { organisation: farm });
    for (const scope of [
      { kind: 'plot', id: 'N-7' },
      { kind: 'truck', id: 'T-1' },
      { kind: 'device', id: 'th-1' },
      { kind: 'organisation', id: farm },
    ]) {
      await owner('POST', '/api/v1/roles', { person, role: 'operator', scope, from: 0 });
    }
    return watched;
  }

  test('a key made here logs in, and signs a harvest, a hand-over and a binding', async () => {
    const { page, errors, foreignRequests } = await visit('li-wei');
    await page.getByRole('button', { name: '登录' }).tap();
    await page.locator('#work').waitFor();
    await record(page, 'harvest', { plot: 'N-7', gtin: '06901234567892', lot: 'D-1', kilograms: '812.5' });
    await record(page, 'hand-over', {
      gtin: '06901234567892',
      lot: 'D-1',
      kilograms: '800',
      from: farm,
      to: shop,
    });
    await record(page, 'binding', { device: 'th-1', id: 'T-1' }, { kind: 'truck' });
    expect(await rows()).toEqual([
      ['event', 'li-wei', true],
      ['event', 'li-wei', true],
      ['binding', 'li-wei', true],
    ]);
    const said = (await database.queries.select().from(entries)).flatMap(({ payload, key }) =>
      key === null ? [] : [JSON.parse(Buffer.from(payload!).toString()) as Record<string, unknown>],
    );
    expect(said.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(said[0]).toMatchObject({ event: { quantityList: [{ quantity: 812_500, uom: 'GRM' }] } });

    const proof = (await page.locator('#results a').first().getAttribute('href'))!;
    expect(decodeURIComponent(proof)).toMatch(
      new RegExp(`bundle=/api/v1/logs/${platformKey.logId}/entries/\\d+/proof$`),
    );
    expect(await scrollsSideways(page)).toBe(false);
    expect(errors).toEqual([]);
    expect(foreignRequests).toEqual([]);

    // A number is never taken twice, not even after the page was left and its key was used elsewhere in the same browser.
    await page.reload();
    await page.locator('#work').waitFor();
    await record(page, 'harvest', { plot: 'N-7', gtin: '06901234567892', lot: 'D-2', kilograms: '1' });
    expect((await rows()).length).toBe(4);
    await page.getByRole('button', { name: '退出' }).tap();
    await page.locator('#work').waitFor({ state: 'hidden' });
    await page.context().close();
  });

  test('a batch is held by an operator, and recalled by an admin only', async () => {
    const { page } = await visit('ma-li');
    await page.getByRole('button', { name: '登录' }).tap();
    await page.locator('#work').waitFor();
    await record(page, 'hold', { batch: 'desk-1', reason: '等待复检' });
    expect(await statusOf('desk-1')).toBe('on_hold');
    await fill(page, 'recall', { batch: 'desk-1', reason: '农残超标' }, { class: '2' });
    await page.getByRole('alert').filter({ hasText: 'no role over batch desk-1' }).waitFor();
    expect(await statusOf('desk-1')).toBe('on_hold');
    const scope = { kind: 'organisation', id: farm };
    await owner('POST', '/api/v1/roles', { person: 'ma-li', role: 'admin', scope, from: 0 });
    const before = await page.locator('#results li').count();
    await page.locator('form[data-form="recall"]').getByRole('button').tap();
    await page.locator('#results li').nth(before).waitFor();
    expect(await statusOf('desk-1')).toBe('recalled');
    await page.context().close();
  });

  test('the private key cannot be taken out of the browser', async () => {
    const { page } = await visit('wang-fang');
    const refused = await page.evaluate(`(async () => {
      const database = await new Promise((resolve) => {
        const opening = indexedDB.open('tianyuan-desk');
        opening.onsuccess = () => resolve(opening.result);
      });
      const [kept] = await new Promise((resolve) => {
        const all = database.transaction('keys').objectStore('keys').getAll();
        all.onsuccess = () => resolve(all.result);
      });
      return crypto.subtle.exportKey('pkcs8', kept.privateKey).then(() => 'taken', (error) => error.name);
    })()`);
    expect(refused).toBe('InvalidAccessError');
    await page.context().close();
  });

  test('says what is wrong with a field, and signs nothing then', async () => {
    const { page } = await visit('chen-yu');
    await page.getByRole('button', { name: '登录' }).tap();
    await page.locator('#work').waitFor();
    const before = await rows();
    const card = page.locator('details', { has: page.locator('form[data-form="harvest"]') });
    await card.locator('summary').tap();
    await card.locator('input[name="kilograms"]').fill('1.0005');
    await card.getByRole('button').tap();
    await page.getByRole('alert').filter({ hasText: 'kilograms' }).waitFor();
    expect(await rows()).toEqual(before);
    await page.context().close();
  });

  test('what did not arrive is sent again as it was signed', async () => {
    const { page } = await visit('zhao-lei');
    await page.getByRole('button', { name: '登录' }).tap();
    await page.locator('#work').waitFor();
    const before = (await rows()).length;
    await page.context().setOffline(true);
    const card = page.locator('details', { has: page.locator('form[data-form="binding"]') });
    await card.locator('summary').tap();
    await card.locator('input[name="device"]').fill('th-1');
    await card.locator('input[name="id"]').fill('T-1');
    await card.locator('select').selectOption('truck');
    await card.getByRole('button').tap();
    await page.locator('#resend').waitFor();
    expect((await rows()).length).toBe(before);
    await page.context().setOffline(false);
    await page.locator('#resend').tap();
    await page.locator('#resend').waitFor({ state: 'hidden' });
    expect((await rows()).length).toBe(before + 1);
    await page.context().close();
  });

  test('a key that is not enrolled is told so', async () => {
    const { page } = await openPage(browser, site.url);
    await page.goto(`${site.url}/desk?lang=en`);
    await page.locator('#person').fill('stranger');
    await page.getByRole('button', { name: 'Make a key in this browser' }).tap();
    await page.getByRole('button', { name: 'Log in' }).tap();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('no session for stranger');
    await page.context().close();
  });

  test('its policy lets it ask this site alone', async () => {
    const response = await trace.request('/desk');
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  });
});

/** Opens a form, fills it in, and signs. */
async function fill(
  page: Page,
  form: string,
  fields: Record<string, string>,
  choices: Record<string, string> = {},
): Promise<void> {
  const card = page.locator('details', { has: page.locator(`form[data-form="${form}"]`) });
  await card.locator('summary').tap();
  for (const [name, value] of Object.entries(fields)) await card.locator(`input[name="${name}"]`).fill(value);
  for (const [name, value] of Object.entries(choices))
    await card.locator(`select[name="${name}"]`).selectOption(value);
  await card.getByRole('button').tap();
}

/** The same, and waits until it is recorded. */
async function record(
  page: Page,
  ...what: Parameters<typeof fill> extends [Page, ...infer Rest] ? Rest : never
): Promise<void> {
  const before = await page.locator('#results li').count();
  await fill(page, ...what);
  await page.locator('#results li').nth(before).waitFor({ timeout: 5_000 });
}
