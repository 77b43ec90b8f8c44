import { decodeBase64 } from '../encoding/base64.ts';
import { commitmentOf } from '../message/commitment.ts';
import { type Finding, failed } from './check.ts';
import type { DecodedBundle } from './decode-bundle.ts';

/**
 * What contradicts the fields that a bundle opens: each is committed to by the message, and no name is opened twice.
 * Undefined where nothing does. A payload that is no message commits to nothing.
 */
export function refuteDisclosed({ bundle, message }: DecodedBundle): Finding | undefined {
  const disclosed = bundle.disclosed ?? [];
  const committed = new Set(message?.broken === undefined ? message?.value.message.commitments : []);
  const names = new Set<string>();
  for (const { name, value, salt } of disclosed) {
    if (names.has(name)) {
      return failed(`公开字段“${name}”重复出现`, `the field ${JSON.stringify(name)} is disclosed twice`);
    }
    names.add(name);
    let hash: string;
    try {
      hash = commitmentOf({ name, value, salt: decodeBase64(salt) });
    } catch (error) {
      return failed(
        `公开字段“${name}”无法解读`,
        `the disclosed field ${JSON.stringify(name)}: ${(error as Error).message}`,
      );
    }
    if (!committed.has(hash)) {
      return failed(
        `签名数据没有承诺过公开字段“${name}”的这个值`,
        `the payload does not commit to this value of the field ${JSON.stringify(name)}`,
      );
    }
  }
  return undefined;
}
