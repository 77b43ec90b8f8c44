import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeBase64, encodeBase64, newSecretKey } from '@tianyuan/protocol';
import { UnusableInput } from '../unusable-input.ts';

/**
 * The inspector's Ed25519 seed: base64 of 32 bytes in a file of mode 0600, made where there is none.
 * @throws UnusableInput
 */
export function loadInspectorKey(file: string): { secretKey: Uint8Array; isNew: boolean } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(file, cause);
    return { secretKey: makeKey(file), isNew: true };
  }
  try {
    const secretKey = decodeBase64(text.trim());
    if (secretKey.length === 32) return { secretKey, isNew: false };
  } catch {
    // said below
  }
  throw unreadable(file, undefined);
}

function makeKey(file: string): Uint8Array {
  const secretKey = newSecretKey();
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${encodeBase64(secretKey)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return secretKey;
}

function unreadable(file: string, cause: unknown): UnusableInput {
  return new UnusableInput(
    `检查员密钥 ${file} 不可用：应为 32 字节的 base64。`,
    `The inspector's key ${file} cannot be used: it is the base64 of 32 bytes.`,
    { cause },
  );
}
