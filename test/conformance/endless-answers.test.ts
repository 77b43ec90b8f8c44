import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpLogSource } from '@tianyuan/chain/monitor/log-source.ts';
import { fetchTimestamp } from '@tianyuan/chain/super-root/calendar.ts';
import { submitCheckpoint } from '@tianyuan/witness';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Answers everything with a body that never ends. */
const endless = createServer((_, response) => {
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  };
  response.on('drain', more);
  more();
});
let url: string;
beforeAll(async () => {
  endless.listen(0, '127.0.0.1');
  await once(endless, 'listening');
  url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
});
afterAll(() => {
  endless.closeAllConnections();
  endless.close();
});

test('a log or a calendar that never ends its answer is cut off', async () => {
  await expect(httpLogSource(url).checkpoint('00')).rejects.toThrow('answers with too much');
  await expect(httpLogSource(url).entries('00', 0, 256)).rejects.toThrow('answers with too much');
  await expect(fetchTimestamp(url, new Uint8Array(32))).rejects.toThrow('answers with too much');
});

test('a witness that never ends its answer is cut off', async () => {
  const witness = { name: 'w.example', publicKey: new Uint8Array(32), url };
  const answer = await submitCheckpoint(witness, { oldSize: 0, proof: [], note: 'whatever\n' });
  expect(answer).toEqual({ state: 'failed', detail: 'w.example answers with too much' });
});
