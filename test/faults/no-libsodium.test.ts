import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNativeCrypto } from '@tianyuan/gateway-agent/log/native-crypto.ts';
import { newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';

const work = mkdtempSync(join(tmpdir(), 'tianyuan-no-libsodium-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Resolves every package but libsodium's, as on a machine for which it brings no prebuilt; writes down that it was asked. */
function without(asked: string): string {
  const hooks = `import { registerHooks } from 'node:module';
    import { writeFileSync } from 'node:fs';
    registerHooks({ resolve(name, context, next) {
      if (name !== 'sodium-native') return next(name, context);
      writeFileSync(${JSON.stringify(asked)}, '');
      throw new Error('no prebuilt for this machine');
    } });`;
  return `--import=data:text/javascript,${encodeURIComponent(hooks)}`;
}

test('a gateway on a machine without a libsodium takes what is signed and refuses what is not', async () => {
  const asked = join(work, 'asked');
  const gateway = await startGateway(1, { under: ['env', `NODE_OPTIONS=${without(asked)}`] });
  onTestFinished(() => gateway.stop());
  const device = gateway.devices[0]!;
  const payloads = Array.from({ length: 20 }, (_, i) => {
    const readings = [{ type: 'temperature' as const, value: i }];
    return Buffer.from(signFor(device, { boot: 1, seq: i + 1, time: 1_795_000_000_000, readings }));
  });
  const forged = Buffer.from(payloads[0]!.toString().replace('"value":0', '"value":1'));
  const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
  const packets = [...payloads, forged].map((payload, i) => publishPacket(gateway.topic(device), payload, i));
  await publisher.sendAll(packets, 8);
  publisher.close();
  expect(existsSync(asked)).toBe(true);
  expect(await gateway.status()).toMatchObject({
    logged: 1 + payloads.length,
    refused: { BAD_SIGNATURE: 1 },
  });
});

test('the portable code signs, verifies and hashes as libsodium does', async () => {
  const native = await loadNativeCrypto();
  vi.doMock('sodium-native', () => {
    throw new Error('no prebuilt for this machine');
  });
  onTestFinished(() => vi.doUnmock('sodium-native'));
  const portable = await loadNativeCrypto();
  expect([native.native, portable.native]).toEqual([true, false]);
  for (let length = 0; length < 64; length++) {
    const [secretKey, message] = [newSecretKey(), Buffer.alloc(length, length)];
    const publicKey = publicKeyOf(secretKey);
    const signature = native.sign(secretKey, publicKey, message);
    expect(Buffer.compare(portable.sign(secretKey, publicKey, message), signature)).toBe(0);
    expect(Buffer.compare(portable.sha256(message), native.sha256(message))).toBe(0);
    const other = Buffer.concat([message, Buffer.of(0)]);
    for (const one of [native, portable])
      expect([message, other].map((text) => one.verify(publicKey, text, signature))).toEqual([true, false]);
  }
});
