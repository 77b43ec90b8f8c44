import { canonicalize, utf8ToBytes } from '@tianyuan/protocol';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type Device, type SignedLog, aDay, newDevice, newLog } from './signed-log.ts';
import { type TraceService, traceService } from './trace-service.ts';

const certificate = 'c0'.repeat(32);

onBothDatabases('the calibration of the sensors of a batch', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  let foreignLog: SignedLog;
  let truck: Device;

  beforeAll(async () => {
    trace = traceService(database.current());
    [log, foreignLog, truck] = [newLog('cal.example'), newLog('elsewhere.example'), newDevice('cal-truck')];
    for (const { origin, publicKey } of [log, foreignLog]) await trace.enrol(origin, publicKey);
    await trace.enrol(truck.id, truck.publicKey);
    await trace.putBatch('plums', {
      gtin: '06901234567892',
      lot: 'CAL-1',
      product: { zh: '李子', en: 'plums' },
      origin: { zh: '安远', en: 'Anyuan' },
      limits: [],
      devices: [truck.id],
      published: true,
    });
    log.append(
      truck.sign({
        batch: 'plums',
        time: aDay,
        readings: [
          { type: 'temperature', value: 4000, sensor: 'air' },
          { type: 'temperature', value: 5000, sensor: 'wall' },
          { type: 'battery', value: 3600 },
        ],
      }),
    );
    await upload(log, 0);
  });

  const upload = async (to: SignedLog, from: number) =>
    expect((await trace.upload(to, from, to.body(from))).status).toBe(200);

  async function state(to: SignedLog, change: 'added' | 'removed', told: object = {}): Promise<void> {
    const from = to.size();
    const statement = {
      v: 1,
      nonce: '00'.repeat(16),
      statement: 'calibration',
      change,
      device: truck.id,
      sensor: 'air',
      type: 'temperature',
      certificate,
      issuer: '计量院',
      validFrom: aDay - 1000,
      validUntil: aDay + 1000,
      ...told,
    };
    to.append(utf8ToBytes(canonicalize(statement)), { kind: 'statement' });
    await upload(to, from);
  }

  const sensors = async () =>
    (await trace.getJson<BatchView>('/api/v1/batches/plums/trace')).calibrations.map(
      ({ sensor, state: is }) => `${sensor} ${is}`,
    );
  const page = async (language: string) =>
    (await (await trace.request(`/01/06901234567892/10/CAL-1?lang=${language}`)).text()).replace(/\s+/g, ' ');

  test('is none before anybody said a word, and a battery needs none', async () => {
    expect(await sensors()).toEqual(['air none', 'wall none']);
    expect(await page('zh')).toContain('未校准的传感器：cal-truck air、cal-truck wall');
    expect(await page('en')).toContain('Not calibrated: cal-truck air, cal-truck wall');
  });

  test("is nothing that another gateway can say, nor malformed statements, nor a device's message", async () => {
    await state(foreignLog, 'added');
    await state(log, 'added', { certificate: 'short' });
    await state(log, 'added', { issuer: 'a\0b' });
    const from = log.size();
    log.append(utf8ToBytes('not JSON'), { kind: 'statement' });
    await upload(log, from);
    expect(await sensors()).toEqual(['air none', 'wall none']);
  });

  test('comes from the log that brought the readings, and names the entry', async () => {
    await state(log, 'added');
    expect(await sensors()).toEqual(['air calibrated', 'wall none']);
    const view = await trace.getJson<BatchView>('/api/v1/batches/plums/trace');
    expect(view.calibrations[0]!.certificates).toEqual([
      {
        certificate,
        issuer: '计量院',
        validFrom: aDay - 1000,
        validUntil: aDay + 1000,
        logId: log.logId,
        index: log.size() - 1,
      },
    ]);
    expect(await page('en')).toContain('Not calibrated: cal-truck wall.');
  });

  test('is not of a time that the certificate does not cover', async () => {
    await state(log, 'added', { sensor: 'wall', validFrom: aDay - 9, validUntil: aDay });
    expect(await sensors()).toEqual(['air calibrated', 'wall expired']);
    expect(await page('zh')).toContain('校准证书没有覆盖全部测量时间：cal-truck wall');
  });

  test('ends where the certificate is taken back', async () => {
    await state(log, 'removed');
    expect(await sensors()).toEqual(['air none', 'wall expired']);
  });
});
