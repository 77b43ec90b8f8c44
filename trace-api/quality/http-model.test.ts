import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { httpQualityModel } from './http-model.ts';
import { QualityModelError } from './quality-model.ts';

const sample = {
  kind: 'spectrum' as const,
  mediaType: 'text/csv',
  bytes: new TextEncoder().encode('nm,counts\n'),
};
const scored = {
  state: 'scored',
  score: 71_000,
  model: 'nir-brix',
  version: '3.1',
  findings: { brix_milli: 11_400 },
};

describe('a model that is served elsewhere', () => {
  let answer: { status: number; body: string };
  let asked: { headers: IncomingHttpHeaders; body: string };
  let url: string;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      asked = { headers: request.headers, body };
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    answer = { status: 200, body: JSON.stringify(scored) };
  });
  const model = () => httpQualityModel({ url, takes: ['spectrum'], leastScore: 60_000 });

  test('is given the sample as it is, and its word is passed on under its own name', async () => {
    expect(await model().check(sample)).toEqual(scored);
    expect(asked.body).toBe('nm,counts\n');
    expect(asked.headers).toMatchObject({ 'content-type': 'text/csv', 'x-sample-kind': 'spectrum' });
  });

  test('may turn a sample away', async () => {
    answer.body = JSON.stringify({ state: 'unusable', detail: 'saturated' });
    expect(await model().check(sample)).toEqual({
      state: 'unusable',
      reason: 'refused-by-model',
      detail: 'saturated',
    });
  });

  test.each<[string, number, string]>([
    ['fails', 500, '{}'],
    ['is no JSON', 200, 'ok'],
    ['scores beyond the scale', 200, JSON.stringify({ ...scored, score: 100_001 })],
    ['scores in fractions', 200, JSON.stringify({ ...scored, score: 0.7 })],
    ['does not say which model', 200, JSON.stringify({ ...scored, model: undefined })],
    ['is endless', 200, JSON.stringify({ ...scored, note: 'x'.repeat(70_000) })],
  ])('whose answer %s is not believed', async (_name, status, body) => {
    answer = { status, body };
    await expect(model().check(sample)).rejects.toThrow(QualityModelError);
  });

  test('that is not there says so', async () => {
    const gone = httpQualityModel({ url: 'http://127.0.0.1:1/', takes: ['picture'], leastScore: 0 });
    await expect(gone.check(sample)).rejects.toThrow('gives no answer');
  });
});
