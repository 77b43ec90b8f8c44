import { readFile } from 'node:fs/promises';
import { type Validators, validatorsSchema } from '@tianyuan/protocol';
import { ChainError } from './chain-error.ts';

/**
 * The validators that an operator pins, by block range: `{"consensus": "clique", "sets": [{"fromBlock": 0, "addresses": […]}]}`.
 * @throws ChainError VALIDATORS_UNREADABLE
 */
export async function readValidators(file: string): Promise<Validators> {
  try {
    return validatorsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new ChainError(
      'VALIDATORS_UNREADABLE',
      `${file} does not pin validators (${(cause as Error).message}): {"consensus": "clique" or "qbft", "sets": ` +
        '[{"fromBlock": 0, "addresses": ["0x…"]}]}',
      { cause },
    );
  }
}
