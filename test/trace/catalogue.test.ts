import { findEntry } from '@tianyuan/trace-api/catalogue/read-catalogue.ts';
import { batches } from '@tianyuan/trace-api/database/schema.ts';
import { rebuild } from '@tianyuan/trace-api/records/rebuild.ts';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { newPerson } from './person.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const farm = '91110000600037341L';
const product = {
  title: { zh: '赣南脐橙', en: 'Gannan navel oranges' },
  categoryId: 'citrus',
  defaultSkuId: 'navel-5kg',
  attributes: { 品种: '纽荷尔', organic: true, brix: 12 },
  organisation: farm,
};
const sku = {
  productId: 'navel',
  packSize: '5 kg 装',
  price: 4_900,
  weight: 5_000,
  barCode: '6901234567892',
};
const plot = {
  organisation: farm,
  name: { zh: '七号地', en: 'Plot 7' },
  place: { zh: '江西安远', en: 'Anyuan, Jiangxi' },
  area: 20_000,
  irrigationSource: '山泉 spring',
};
const batch = {
  gtin: '06901234567892',
  lot: 'GN-1',
  product: product.title,
  origin: plot.place,
  limits: [],
  devices: [],
  published: true,
  skuId: 'navel-5kg',
  harvestYear: 2026,
  processingDate: '2026-11-20',
  farmerId: 'li-wei',
  farmPlotId: 'N-7',
  irrigationSource: '山泉 spring',
  pesticideReportId: 'R-2026-1107',
  qualityGrade: '一级',
  inspectionReportUrl: 'https://lab.example/R-2026-1107.pdf',
  traceRecordId: 'SYZG-36-0001',
  totalQty: { quantity: 1_200_000, uom: 'GRM' },
  expiryDate: '2027-02-28',
  profileId: 'citrus',
};

type Answer = Record<string, unknown> & { status: number };

onBothDatabases('the catalogue', (database) => {
  let trace: TraceService;
  beforeAll(() => {
    trace = traceService(database.current());
  });

  async function call(method: string, path: string, body?: object, token: string | undefined = ownerToken) {
    const response = await trace.request(path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { ...((await response.json()) as Answer), status: response.status };
  }
  const put = (path: string, body: object) => call('PUT', `/api/v1/${path}`, body);
  const get = (path: string) => call('GET', `/api/v1/${path}`);

  test('takes a batch only of what there is', async () => {
    expect(await put('skus/navel-5kg', sku)).toMatchObject({ status: 404, code: 4029 });
    expect(await put('batches/oranges', batch)).toMatchObject({
      status: 404,
      detail: 'skuId: there is no SKU navel-5kg',
    });
    expect(await put('products/navel', product)).toMatchObject({ status: 201 });
    expect(await put('skus/navel-5kg', sku)).toMatchObject({ status: 201 });
    expect(await put('batches/oranges', batch)).toMatchObject({ detail: 'farmPlotId: there is no plot N-7' });
    expect(await put('plots/N-7', plot)).toMatchObject({ status: 201 });
    expect(await put('batches/oranges', batch)).toEqual({ ...batch, status: 200 });
    const other = { ...batch, gtin: '06291041500213', lot: 'GN-2' };
    expect(await put('batches/other', other)).toMatchObject({
      status: 400,
      detail: /is not the bar code of SKU/ as never,
    });
  });

  test('has each field of requirement 5.2 in its column', async () => {
    const [row] = await database.current().queries.select().from(batches);
    expect(row).toMatchObject(batch);
    expect(row!.createdAt).toBeGreaterThan(1_700_000_000_000);
  });

  test('answers what was said, and what was said before', async () => {
    expect(await get('products/navel')).toMatchObject({ ...product, status: 200 });
    expect(await get('skus/navel-5kg')).toMatchObject({ ...sku, barCode: '06901234567892', attributes: {} });
    const { index } = (await put('plots/N-7', { ...plot, area: 21_000 })) as unknown as { index: number };
    expect(await get('plots/N-7')).toMatchObject({ area: 21_000, index });
    const before = await findEntry(database.current().queries, 'plot', 'N-7', index);
    expect(before).toMatchObject({ body: { area: 20_000 } });
    expect(await get('plots/N-7?asOf=1000')).toMatchObject({ status: 404 });
    expect(await get('plots/N-8')).toMatchObject({ status: 404, code: 4029 });
  });

  test.each<[string, string, object, string]>([
    ['a price in yuan', 'skus/x', { ...sku, price: 49.5 }, 'price'],
    ['a bar code with a wrong check digit', 'skus/x', { ...sku, barCode: '6901234567893' }, 'barCode'],
    ['a product without a title', 'products/x', { categoryId: 'citrus' }, 'title'],
    ['a plot of nobody', 'plots/x', { ...plot, organisation: '123' }, 'organisation'],
    ['a day that is none', 'batches/x', { ...batch, expiryDate: '2026-02-30' }, 'expiryDate'],
    [
      'a batch of half a gram',
      'batches/x',
      { ...batch, totalQty: { quantity: 0.5, uom: 'GRM' } },
      'totalQty',
    ],
    ['a batch in kilograms', 'batches/x', { ...batch, totalQty: { quantity: 5, uom: 'KGM' } }, 'totalQty'],
  ])('refuses %s, and names the field', async (_, path, body, field) => {
    expect(await put(path, body)).toMatchObject({
      status: 400,
      code: 4014,
      detail: expect.stringContaining(field) as string,
    });
  });

  test('is written by whoever has a role to, and by nobody else', async () => {
    const [farmer, stranger] = [newPerson('li-wei'), newPerson('zhao-min')];
    await trace.records.statements(
      [
        { name: 'organisation', body: { uscc: farm, name: plot.name, kind: 'farm' } },
        ...[farmer, stranger].map(({ id }) => ({
          name: 'person',
          body: { person: id, organisation: farm, commitments: [] },
        })),
        {
          name: 'role',
          body: { person: farmer.id, role: 'farmer', scope: { kind: 'organisation', id: farm }, from: 0 },
        },
      ],
      'owner',
    );
    const say = async (name: string, body: object, by: string) =>
      ((await trace.records.statement(name, body, by)) as { kind?: { name: string } }).kind?.name;
    expect(await say('plot', { farmPlotId: 'N-7', ...plot }, stranger.id)).toBe('NOT_ALLOWED');
    expect(await say('plot', { farmPlotId: 'N-7', ...plot }, farmer.id)).toBeUndefined();
    const elsewhere = { ...plot, organisation: '91110108551385082Q' };
    expect(await say('plot', { farmPlotId: 'N-7', ...elsewhere }, farmer.id)).toBe('NOT_ALLOWED');
    expect(await say('sku', { skuId: 'navel-5kg', ...sku }, farmer.id)).toBeUndefined();
    expect(await say('batch', { batchId: 'oranges', ...batch }, stranger.id)).toBe('NOT_ALLOWED');
    expect(await say('batch', { batchId: 'oranges', ...batch }, farmer.id)).toBeUndefined();
  });

  test('is the same after a rebuild', async () => {
    const all = async () => [
      await get('products/navel'),
      await get('plots/N-7'),
      await database.current().queries.select().from(batches),
    ];
    const before = await all();
    await rebuild(database.current(), platformKey.origin);
    expect(await all()).toEqual(before);
  });
});
