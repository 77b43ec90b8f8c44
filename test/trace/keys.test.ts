import { beforeAll, expect, test } from 'vitest';
import { rewindKeys } from '@tianyuan/trace-api/keys/apply-key-event.ts';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { onBothDatabases } from './databases.ts';
import { type Device, type SignedLog, newDevice, newLog } from './signed-log.ts';
import { type TraceService, traceService } from './trace-service.ts';

let number = 0;

onBothDatabases('a key of the registry', (database) => {
  let trace: TraceService;
  beforeAll(() => {
    trace = traceService(database.current());
  });

  async function logOf(device: Device, count: number, batch?: string): Promise<SignedLog> {
    number += 1;
    const log = newLog(`keys-${number}.example`);
    await trace.enrol(log.origin, log.publicKey);
    for (let i = 0; i < count; i++) log.append(device.sign(batch === undefined ? {} : { batch }));
    expect((await trace.upload(log, 0, log.body(0))).status).toBe(200);
    return log;
  }

  async function published(name: string, device: Device): Promise<() => Promise<BatchView>> {
    const text = { zh: '批', en: 'batch' };
    const batch = {
      gtin: '06901234567892',
      lot: name,
      product: text,
      origin: text,
      limits: [],
      published: true,
    };
    expect((await trace.putBatch(name, { ...batch, devices: [device.id] })).status).toBe(200);
    return () => trace.getJson<BatchView>(`/api/v1/batches/${name}/trace`);
  }

  const summary = (log: SignedLog) =>
    trace.getJson<{ verified: number; flagged: Record<string, number> }>(`/api/v1/logs/${log.logId}`);

  test('that arrives after its messages makes them count', async () => {
    const device = newDevice('late-key');
    const view = await published('late', device);
    const log = await logOf(device, 1200, 'late');
    expect(await summary(log)).toMatchObject({ verified: 0, flagged: { UNKNOWN_DEVICE: 1200 } });
    expect(await view()).toMatchObject({ verified: 0, flagged: { UNKNOWN_DEVICE: 1200 }, curves: [] });
    await trace.enrol(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({ verified: 1200, flagged: {} });
    expect(await view()).toMatchObject({ verified: 1200, flagged: {}, curves: [{ count: 1200 }] });
  });

  test('that arrives for forged messages shows them for what they are', async () => {
    const device = newDevice('forged-late');
    const log = await logOf(newDevice(device.id), 3);
    await trace.enrol(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({ verified: 0, flagged: { BAD_SIGNATURE: 3 } });
  });

  test('that the chain should not have is no key', async () => {
    const smallOrder = new Uint8Array(32);
    smallOrder[0] = 1;
    const device = newDevice('small-order');
    const log = await logOf(device, 1);
    await trace.enrol(device.id, smallOrder);
    expect(await summary(log)).toMatchObject({ flagged: { UNKNOWN_DEVICE: 1 } });
  });

  test('revoked counts up to the size that each log had anchored then', async () => {
    const device = newDevice('revoked');
    await trace.enrol(device.id, device.publicKey);
    const view = await published('revoked', device);
    const log = await logOf(device, 10, 'revoked');
    await trace.anchor(log);
    for (let i = 0; i < 5; i++) log.append(device.sign({ batch: 'revoked' }));
    await trace.upload(log, 10, log.body(10));
    await trace.revoke(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({ verified: 10, flagged: { SUSPECT: 5 } });
    expect(await view()).toMatchObject({
      verified: 10,
      flagged: { SUSPECT: 5 },
      curves: [{ count: 10 }],
    });

    log.append(device.sign());
    await trace.upload(log, 15, log.body(15));
    await trace.anchor(log);
    await trace.sweep();
    expect(await summary(log)).toMatchObject({ verified: 10, flagged: { SUSPECT: 6 } });

    const unanchored = await logOf(device, 2);
    expect(await summary(unanchored)).toMatchObject({ verified: 0, flagged: { SUSPECT: 2 } });
  });

  test('is revoked for good from where the gateway’s own statement shows that it had heard of it', async () => {
    const device = newDevice('heard');
    await trace.enrol(device.id, device.publicKey);
    const log = await logOf(device, 10);
    await trace.anchor(log);
    log.append(statementOf(trace.blockNumber()), { kind: 'statement' }); // before the revocation: says nothing of it
    for (let i = 0; i < 3; i++) log.append(device.sign());
    await trace.upload(log, 10, log.body(10));
    await trace.revoke(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({ verified: 10, flagged: { SUSPECT: 3 } });

    log.append(device.sign());
    log.append(statementOf(trace.blockNumber()), { kind: 'statement' });
    for (let i = 0; i < 2; i++) log.append(device.sign());
    await trace.upload(log, 14, log.body(14));
    expect(await summary(log)).toMatchObject({ verified: 10, flagged: { SUSPECT: 4, REVOKED_KEY: 2 } });

    // Honest messages that were on their way: the registrar names the first index that does not count.
    await trace.anchor(log);
    await trace.cut(device.publicKey, log.logId, 13);
    expect(await summary(log)).toMatchObject({ verified: 12, flagged: { REVOKED_KEY: 4 } });
  });

  test('does not make a signature suspect that does not fit', async () => {
    const device = newDevice('forged');
    await trace.enrol(device.id, device.publicKey);
    const log = await logOf(device, 1);
    await trace.revoke(device.id, device.publicKey);
    log.append(newDevice(device.id).sign({ seq: 2 }));
    await trace.upload(log, 1, log.body(1));
    expect(await summary(log)).toMatchObject({ verified: 0, flagged: { SUSPECT: 1, BAD_SIGNATURE: 1 } });
  });

  test('cut in one log counts there up to the cut', async () => {
    const device = newDevice('cut');
    await trace.enrol(device.id, device.publicKey);
    const log = await logOf(device, 10);
    await trace.anchor(log);
    await trace.revoke(device.id, device.publicKey, [{ logId: log.logId, fromIndex: 4 }]);
    expect(await summary(log)).toMatchObject({ verified: 4, flagged: { REVOKED_KEY: 6 } });
  });

  test('that handed over counts up to its last message, whichever is heard of first', async () => {
    const device = newDevice('handed-over');
    await trace.enrol(device.id, device.publicKey);
    const view = await published('handed-over', device);
    const log = await logOf(device, 6, 'handed-over');
    const before = trace.blockNumber();
    const next = newDevice(device.id);
    await trace.rotate(device.id, device.publicKey, next.publicKey, [1, 4]);
    const rotated = { verified: 4, flagged: { ROTATED_KEY: 2 } };
    expect(await summary(log)).toMatchObject(rotated);
    expect(await view()).toMatchObject({ ...rotated, curves: [{ count: 4 }] });

    // Signed behind its end and sent later; a later boot is behind it whatever its number; the newer key counts.
    log.append(device.sign({ batch: 'handed-over' }));
    log.append(device.sign({ batch: 'handed-over', boot: 2, seq: 1 }));
    log.append(next.sign({ batch: 'handed-over', key: 2, boot: 2 }));
    log.append(newDevice(device.id).sign({ seq: 9 }));
    await trace.upload(log, 6, log.body(6));
    expect(await summary(log)).toMatchObject({
      verified: 5,
      flagged: { ROTATED_KEY: 4, BAD_SIGNATURE: 1 },
    });
    // A revocation later on takes nothing of that back.
    await trace.revoke(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({
      verified: 1,
      flagged: { ROTATED_KEY: 4, SUSPECT: 4, BAD_SIGNATURE: 1 },
    });

    await database.current().transaction((tx) => rewindKeys(tx, before));
    await trace.sweep();
    expect(await summary(log)).toMatchObject({
      verified: 8,
      flagged: { UNKNOWN_DEVICE: 1, BAD_SIGNATURE: 1 },
    });
    expect(await view()).toMatchObject({ verified: 8 });
  });

  test('whose revocation the chain took back counts again, and one whose enrolment it took back does not', async () => {
    const device = newDevice('rewound');
    const before = trace.blockNumber();
    await trace.enrol(device.id, device.publicKey);
    const log = await logOf(device, 5);
    const enrolled = trace.blockNumber();
    await trace.revoke(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({ verified: 0, flagged: { SUSPECT: 5 } });

    await database.current().transaction((tx) => rewindKeys(tx, enrolled));
    await trace.sweep();
    expect(await summary(log)).toMatchObject({ verified: 5, flagged: {} });

    await database.current().transaction((tx) => rewindKeys(tx, before));
    await trace.sweep();
    expect(await summary(log)).toMatchObject({ verified: 0, flagged: { UNKNOWN_DEVICE: 5 } });

    await trace.enrol(device.id, device.publicKey);
    expect(await summary(log)).toMatchObject({ verified: 5, flagged: {} });
  });
});

function statementOf(blockNumber: number): Uint8Array {
  const statement = {
    v: 1,
    nonce: '00',
    statement: 'block',
    chainId: 7,
    blockNumber,
    blockHash: `0x${'b'.repeat(64)}`,
  };
  return new TextEncoder().encode(JSON.stringify(statement));
}
