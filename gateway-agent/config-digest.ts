import { createHash } from 'node:crypto';
import { canonicalize } from '@tianyuan/protocol';
import type { Config } from './config.ts';

/** SHA-256 of the configuration's canonical form, hex: what the boot statement says of it. */
export function digestConfig(config: Config): string {
  return createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(config))))
    .digest('hex');
}
