import { readFileSync } from 'node:fs';
import qrcode from 'qrcode';
import { describe, expect, test } from 'vitest';
import type { QuantityName } from '@tianyuan/protocol';
import { get, link, uri } from './fixture/get.ts';
import { sampleBatch, truckTemperature } from './fixture/sample-batch.ts';

describe('a batch by its Digital Link', () => {
  test('is a page in Chinese unless the reader asks for English', async () => {
    const chinese = await get(link);
    expect(chinese.headers.get('content-language')).toBe('zh-CN');
    const text = await chinese.text();
    expect(text).toContain('<html lang="zh-CN">');
    expect(text).toContain('全程低温，未超标');
    expect(text).toContain('href="?lang=en"');

    for (const [path, header] of [
      [`${link}?lang=en`, 'zh-CN'],
      [link, 'fr, en-GB;q=0.8, zh;q=0.5'],
    ] as const) {
      const english = await get(path, { 'accept-language': header });
      expect(english.headers.get('content-language')).toBe('en');
      expect(await english.text()).toContain('Kept cold all the way');
    }
  });

  test('is of the moment that is asked for, and says so; what is no moment is refused with the rule', async () => {
    const past = await (await get(`${link}?asOf=2026-11-02T08:00:00%2B08:00`)).text();
    expect(past).toContain('这是当时的记录');
    expect(past).toContain('2026年11月2日');
    expect(past).toContain(`/trace?asOf=${Date.UTC(2026, 10, 2)}`);
    expect(await (await get(link)).text()).not.toContain('这是当时的记录');
    const refused = await get(`${link}?asOf=yesterday`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toMatch(/不是时间[^]*is no time: give a date/);
  });

  test('runs no script, fetches nothing, and forbids both', async () => {
    const response = await get(link);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+';/,
    );
    expect(response.headers.get('content-security-policy')).not.toContain('script-src');
    const text = await response.text();
    expect(text).not.toMatch(/<script|\son\w+=|\sstyle=|@import|url\(/);
    expect([...text.matchAll(/\ssrc="/g)]).toHaveLength(0);
  });

  test('shows what was said of it as text, never as markup', async () => {
    const nasty = '<img src=x onerror=alert(1)>"\'&';
    const batch = sampleBatch({
      product: { zh: nasty, en: nasty },
      origin: { zh: nasty, en: nasty },
      flagged: { [nasty]: 1 },
    });
    const curves = batch.curves.map((curve, i) => ({
      ...curve,
      type: 'temperature' as const,
      device: `${nasty}${i}`,
    }));
    const text = await (await get(link, {}, { ...batch, curves })).text();
    expect(text).not.toContain('<img');
    expect(text.match(/&lt;img src=x onerror=alert\(1\)&gt;&quot;&#39;&amp;/g)!.length).toBeGreaterThan(5);
  });

  test('stays under 60 KB however many devices measured however much', async () => {
    const types: QuantityName[] = [
      'temperature',
      'humidity',
      'soil_pH',
      'soil_moisture',
      'co2',
      'illuminance',
    ];
    const curves = types.flatMap((type) =>
      Array.from({ length: 40 }, (_, i) => ({ ...truckTemperature(`sensor-${i}`, 9600), type })),
    );
    expect((await (await get(link, {}, sampleBatch({ curves }))).arrayBuffer()).byteLength).toBeLessThan(
      60 * 1024 * 2,
    );
    const compressed = await get(link, { 'accept-encoding': 'gzip' }, sampleBatch({ curves }));
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect((await compressed.arrayBuffer()).byteLength).toBeLessThan(60 * 1024);
  });

  test('is not sent again to whoever has it', async () => {
    const first = await get(link, { 'accept-encoding': 'gzip' });
    const again = await get(link, { 'if-none-match': first.headers.get('etag')!, 'accept-encoding': 'gzip' });
    expect(again.status).toBe(304);
    expect(first.headers.get('cache-control')).toBe('public, max-age=10');
    expect(first.headers.get('vary')).toBe('Accept, Accept-Language, Accept-Encoding');
  });

  test('is found under a GTIN of 13 digits, too, and a lot with a slash', async () => {
    expect((await get('/01/6901234567892/10/LC-0502')).status).toBe(200);
    expect((await get('/01/06901234567892/10/A%2F1', {}, sampleBatch({ lot: 'A/1' }))).status).toBe(200);
  });

  test('is a linkset to machines', async () => {
    for (const [path, accept] of [
      [link, 'application/linkset+json'],
      [`${link}?linkType=linkset`, '*/*'],
    ] as const) {
      const response = await get(path, { accept });
      expect(response.headers.get('content-type')).toBe('application/linkset+json');
      expect(await response.json()).toMatchObject({
        linkset: [
          {
            anchor: uri,
            'https://ref.gs1.org/voc/defaultLink': [{ href: uri, type: 'text/html' }],
            'https://ref.gs1.org/voc/pip': [
              { href: `${uri}?lang=zh`, hreflang: ['zh'], title: '红富士苹果' },
              { href: `${uri}?lang=en`, hreflang: ['en'], title: 'Fuji apples' },
            ],
          },
        ],
      });
    }
    expect((await get(link)).headers.get('link')).toBe(
      `<${uri}>; rel="linkset"; type="application/linkset+json"`,
    );
  });

  test('is JSON-LD to machines', async () => {
    const response = await get(link, { accept: 'application/ld+json' });
    expect(response.headers.get('content-type')).toBe('application/ld+json');
    expect(await response.json()).toMatchObject({
      '@id': uri,
      '@type': ['SomeProducts', 'gs1:Product'],
      gtin: '06901234567892',
      'gs1:hasBatchLotNumber': 'LC-0502',
      'gs1:harvestDate': '2026-05-01',
      additionalProperty: [{ unitCode: 'CEL', minValue: 1.655, maxValue: 6.4 }, { unitCode: 'P1' }],
    });
  });

  test('is a page to browsers, whose Accept names much', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
    expect((await get(link, { accept })).headers.get('content-type')).toMatch('text/html');
  });
});

describe('an unknown lot', () => {
  test.each([
    '/01/06901234567892/10/NOPE',
    '/01/06901234567891/10/LC-0502',
    '/t/NOPE',
    '/t/%3Ci%3E',
    '/01/1/10/%ZZ',
  ])('%s is a friendly 404', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    const text = await response.text();
    expect(text).toContain('当心仿冒');
    expect(text).not.toContain('<i>');
  });
});

describe('a batch by its own id', () => {
  test('is the same page', async () => {
    expect(await (await get('/t/B2026-0502')).text()).toContain(`<link rel="canonical" href="${uri}" />`);
    const noGtin = await (await get('/t/B2026-0502', {}, sampleBatch({ gtin: '' }))).text();
    expect(noGtin).toContain('<link rel="canonical" href="https://trace.example/t/B2026-0502" />');
    expect(noGtin).toContain('href="/qr/t/B2026-0502.svg"');
  });
});

describe('what the whole does not prove', () => {
  test('is a page in either language, to which the consumer page links, and says as much as the threat model', async () => {
    const chinese = await (await get('/limits')).text();
    const english = await (await get('/limits?lang=en')).text();
    expect(chinese).toContain('<html lang="zh-CN">');
    expect(chinese).toContain('传感器放在冰箱旁边而不是里面');
    expect(english).toContain('<html lang="en">');
    expect(english).toContain('A sensor beside the fridge instead of in it');
    expect(await (await get(link)).text()).toContain('href="/limits?lang=zh"');
    const page = readFileSync(new URL('../../docs/threat-model.md', import.meta.url), 'utf8');
    const [, last] = page.split('## What the whole does not prove');
    const said = [...last!.matchAll(/^- \*\*(.*?)\.\*\*/gm)].map(([, claim]) => claim!.toLowerCase());
    const shown = [...english.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title!.toLowerCase());
    expect(shown).toHaveLength(said.length);
    expect(said.length).toBeGreaterThan(5);
  });
});

describe('a QR code', () => {
  test.each([
    ['/qr/6901234567892/LC-0502.svg', uri],
    ['/qr/06901234567892/A%2F1.0.svg', 'https://trace.example/01/06901234567892/10/A%2F1.0'],
    ['/qr/t/B2026-0502.svg', 'https://trace.example/t/B2026-0502'],
  ])('%s holds %s', async (path, held) => {
    const response = await get(path);
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(response.headers.get('cache-control')).toBe('public, max-age=86400');
    expect(await response.text()).toBe(
      await qrcode.toString(held, { type: 'svg', errorCorrectionLevel: 'Q', margin: 4 }),
    );
  });

  test('is a PNG, too', async () => {
    const response = await get('/qr/06901234567892/LC-0502.png');
    expect(response.headers.get('content-type')).toBe('image/png');
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect([...bytes.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  });

  test.each([
    '/qr/06901234567891/A.svg',
    '/qr/06901234567892/A.gif',
    '/qr/t/%3C.svg',
    `/qr/06901234567892/${'A'.repeat(21)}.svg`,
  ])('%s is none', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("the inspector's page", () => {
  test('names its script by its content, for ever', async () => {
    const page = await get('/verify');
    expect(page.headers.get('content-security-policy')).toContain(
      "script-src 'self'; connect-src http: https:",
    );
    const [, path] = /<script type="module" src="([^"]+)"><\/script>/.exec(await page.text())!;
    expect(path).toMatch(/^\/assets\/verify-[0-9a-f]{16}\.js$/);
    const plain = await get(path!);
    const gzipped = await get(path!, { 'accept-encoding': 'gzip, br' });
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(gzipped.headers.get('content-encoding')).toBe('gzip');
    expect((await gzipped.arrayBuffer()).byteLength).toBeLessThan((await plain.arrayBuffer()).byteLength / 2);
    expect((await get('/assets/verify-0000000000000000.js')).status).toBe(404);
  });

  test('tells how to do without JavaScript', async () => {
    expect(await (await get('/verify?lang=en')).text()).toMatch(
      /<noscript>[^]*npm run -s verify -- FILE\.proof\.json[^]*<\/noscript>/,
    );
  });
});
