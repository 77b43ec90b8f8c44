import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBase64, encodeBase64, newSecretKey } from '@tianyuan/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newTestStore } from '../test-store.ts';
import { loadGatewayKey } from './gateway-key.ts';

function testStore() {
  const { store, dataDir, remove } = newTestStore();
  onTestFinished(remove);
  return { store, dataDir, file: join(dataDir, 'gateway.key') };
}

describe('the gateway’s key', () => {
  test('is made once, for the owner alone, and leaves no draft', () => {
    const { store, dataDir, file } = testStore();
    const first = loadGatewayKey(dataDir, store);
    expect(loadGatewayKey(dataDir, store)).toEqual(first);
    expect(decodeBase64(readFileSync(file, 'utf8').trim())).toEqual(first.secretKey);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('gateway.key'))).toEqual(['gateway.key']);
  });

  test('is made in spite of a draft that a power cut left', () => {
    const { store, dataDir, file } = testStore();
    writeFileSync(`${file}.new`, 'half a k');
    const key = loadGatewayKey(dataDir, store);
    expect(loadGatewayKey(dataDir, store)).toEqual(key);
    expect(readdirSync(dataDir)).not.toContain('gateway.key.new');
  });

  test('may be the owner’s own, put there before the first start', () => {
    const { store, dataDir, file } = testStore();
    const secretKey = newSecretKey();
    writeFileSync(file, encodeBase64(secretKey));
    expect(loadGatewayKey(dataDir, store).secretKey).toEqual(secretKey);
  });

  test.each([
    ['nothing', ''],
    ['no base64', 'a key, honestly'],
    ['31 bytes', encodeBase64(new Uint8Array(31))],
    ['33 bytes', encodeBase64(new Uint8Array(33))],
  ])('in a file with %s is refused with the file’s name, and the file left alone', (_, text) => {
    const { store, dataDir, file } = testStore();
    writeFileSync(file, text);
    expect(() => loadGatewayKey(dataDir, store)).toThrow(
      expect.objectContaining({
        code: 'KEY_FILE',
        message: `${file} is not the base64 of 32 bytes; restore it from your backup`,
      }),
    );
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('that is gone is not made again: two keys must not sign one log', () => {
    const { store, dataDir, file } = testStore();
    loadGatewayKey(dataDir, store);
    rmSync(file);
    expect(() => loadGatewayKey(dataDir, store)).toThrow(
      expect.objectContaining({ code: 'KEY_FILE', message: expect.stringMatching(/is gone, .*restore it/) }),
    );
    expect(readdirSync(dataDir)).not.toContain('gateway.key');
  });

  test('that is another one is refused', () => {
    const { store, dataDir, file } = testStore();
    loadGatewayKey(dataDir, store);
    writeFileSync(file, encodeBase64(newSecretKey()));
    expect(() => loadGatewayKey(dataDir, store)).toThrow(
      expect.objectContaining({ code: 'KEY_FILE', message: expect.stringContaining('is not the key that') }),
    );
  });

  test('that cannot be read is not taken for one that is not there', () => {
    const { store, dataDir, file } = testStore();
    rmSync(file, { force: true });
    const nested = join(dataDir, 'agent.lock'); // a file where a directory is due
    writeFileSync(nested, '');
    expect(() => loadGatewayKey(nested, store)).toThrow(expect.objectContaining({ code: 'KEY_FILE' }));
  });
});
