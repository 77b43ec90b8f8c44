import { InvalidArgumentError } from 'commander';

/** A whole number of an option. @throws InvalidArgumentError, which commander turns into a line for people */
export function integer(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('a whole number is wanted');
  }
  return value;
}
