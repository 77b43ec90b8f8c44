import serialize from 'canonicalize';
import { ProtocolError } from './protocol-error.ts';

/**
 * The RFC 8785 (JCS) form of a JSON value.
 * @throws ProtocolError CANONICAL_JSON for what JSON cannot say: undefined, NaN, infinities, lone surrogates, cycles
 */
export function canonicalize(value: unknown): string {
  let text: string | undefined;
  try {
    text = serialize(value);
  } catch (cause) {
    throw new ProtocolError('CANONICAL_JSON', `not canonicalisable: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined) throw new ProtocolError('CANONICAL_JSON', `not a JSON value: ${typeof value}`);
  return text;
}
