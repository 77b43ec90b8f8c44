import { readFileSync } from 'node:fs';
import type { FinalityRule } from '@tianyuan/chain';
import { type Validators, validatorsSchema } from '@tianyuan/protocol';
import { ConfigError } from './config.ts';

const ruleOf = { qbft: 'instant', clique: 'confirmations' } as const;

/**
 * The validators of the chain by block range, as the trust policy has them: what this service suggests to its readers.
 * @throws ConfigError
 */
export function readValidators(file: string, finality: FinalityRule): Validators {
  let validators: Validators;
  try {
    validators = validatorsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new ConfigError(`${file} holds no validators: ${(cause as Error).message}`, { cause });
  }
  if (ruleOf[validators.consensus] === finality.kind) return validators;
  throw new ConfigError(
    `${file} is of ${validators.consensus}, whose finality is "${ruleOf[validators.consensus]}", not "${finality.kind}": ` +
      'correct CHAIN_CONFIRMATIONS, which is 0 under QBFT and a number of blocks under Clique',
  );
}
