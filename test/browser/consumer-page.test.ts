import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpServer } from '@tianyuan/platform/http/server.ts';
import { sampleBatch, truckTemperature } from '@tianyuan/trace-api/show/fixture/sample-batch.ts';
import { has } from '../components.ts';
import { type Watched, launchBrowser, openPage, scrollsSideways } from './browser.ts';
import { startSite } from './site.ts';

const link = '/01/06901234567892/10/LC-0502';
const longName = 'A'.repeat(64);

describe.skipIf(!has('chromium'))('the consumer page in a browser', () => {
  let browser: Browser;
  let site: HttpServer;
  beforeAll(async () => {
    browser = await launchBrowser();
    const wide = sampleBatch({
      lot: 'WIDE',
      product: { zh: longName, en: longName },
      origin: { zh: longName, en: longName },
      curves: ['a', longName].map((device) => truckTemperature(device, 9600)),
      flagged: { [longName]: 1 },
    });
    site = await startSite({ batches: [sampleBatch(), wide] });
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  async function visit(path: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await openPage(browser, site.url, options);
    await watched.page.goto(site.url + path);
    return watched;
  }

  test.each([
    ['in Chinese', 'zh-CN', '全程低温，未超标', '不可撤销'],
    ['in English', 'en-GB', 'Kept cold all the way', 'Beyond recall'],
    ['in Chinese to whoever reads neither', 'fr-FR', '全程低温，未超标', '不可撤销'],
  ])('%s: verdict, curves and checks, quietly', async (_, locale, verdict, check) => {
    const { page, errors, foreignRequests } = await visit(link, { locale });
    expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toBe(verdict);
    expect(await page.getByRole('img').count()).toBe(2);
    expect(await page.locator('.chart svg path[stroke^="var(--c"]').first().isVisible()).toBe(true);
    expect(await page.getByRole('heading', { name: check }).isVisible()).toBe(true);
    expect(errors).toEqual([]);
    expect(foreignRequests).toEqual([]);
    await page.context().close();
  });

  test('changes its language at a touch', async () => {
    const { page, errors } = await visit(link);
    await page.getByRole('link', { name: 'English' }).tap();
    await page.getByText('Kept cold all the way').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByRole('link', { name: '中文' }).tap();
    await page.getByText('全程低温，未超标').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('is all there without JavaScript', async () => {
    const { page, errors } = await visit(link, { javaScriptEnabled: false });
    expect(await page.getByText('全程低温，未超标').isVisible()).toBe(true);
    expect(await page.locator('.chart svg').first().isVisible()).toBe(true);
    expect(await page.getByRole('link', { name: '自己验证' }).isVisible()).toBe(true);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('draws its lines in colours of the day and of the night', async () => {
    const strokes = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        const { page } = await visit(link, { colorScheme });
        const stroke = await page.evaluate(
          `getComputedStyle(document.querySelector('.chart path[stroke="var(--c0)"]')).stroke`,
        );
        await page.context().close();
        return stroke;
      }),
    );
    expect(strokes).toEqual(['rgb(194, 87, 31)', 'rgb(240, 154, 95)']);
  });

  test.each([
    [390, link],
    [320, link],
    [320, `${link}?lang=en`],
    [320, '/01/06901234567892/10/WIDE?lang=en'],
    [320, '/01/06901234567892/10/NOPE'],
  ])('%i px wide, nothing scrolls sideways: %s', async (width, path) => {
    const { page, foreignRequests } = await visit(path, { viewport: { width, height: 700 } });
    expect(await scrollsSideways(page)).toBe(false);
    expect(foreignRequests).toEqual([]);
    await page.context().close();
  });

  test('has one first heading, a language, and every control large enough for a thumb', async () => {
    const { page } = await visit(link);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    for (const button of await page.locator('.button').all()) {
      expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    }
    await page.context().close();
  });
});
