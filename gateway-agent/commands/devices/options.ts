import { InvalidArgumentError, Option } from 'commander';
import { deviceIdSchema } from '@tianyuan/protocol';
import { openBeside } from '../../keep/open-beside.ts';
import { type Store } from '../../keep/store.ts';

export const dataDirOption = (): Option =>
  new Option('--data-dir <dir>', 'the data directory of the gateway')
    .env('TIANYUAN_GATEWAY_DATA')
    .makeOptionMandatory();

export function deviceArgument(text: string): string {
  if (deviceIdSchema.safeParse(text).success) return text;
  throw new InvalidArgumentError('1 to 64 of a-z, 0-9, dot, dash and underscore; it is a topic segment too.');
}

export function wholeArgument(text: string): number {
  if (/^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError('A whole number is wanted.');
}

export function rateArgument(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('A number above 0 is wanted; it may be a fraction.');
}

export async function withStore<T>(dataDir: string, work: (store: Store) => T | Promise<T>): Promise<T> {
  const store = openBeside(dataDir);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

export function say(text: string): void {
  process.stdout.write(text);
}

/** For people beside what a program reads on standard output. */
export function remark(text: string): void {
  process.stderr.write(text);
}
