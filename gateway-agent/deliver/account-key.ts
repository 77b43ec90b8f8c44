import { readFileSync } from 'node:fs';
import { GatewayError } from '../gateway-error.ts';

/**
 * 0x and 64 hex digits.
 * @throws GatewayError CONFIG
 */
export function readAccountKey(file: string | undefined): string {
  if (file === undefined) {
    throw new GatewayError(
      'CONFIG',
      'chain.accountKey is missing: whoever anchors directly needs an account',
    );
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new GatewayError('CONFIG', `cannot read the account key ${file}`, { cause });
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new GatewayError('CONFIG', `${file} does not hold an account's private key: 0x and 64 hex digits`);
  }
  return text;
}
