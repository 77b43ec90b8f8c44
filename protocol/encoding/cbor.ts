import { Tagged, decode, encode, rfc8949EncodeOptions } from 'cborg';
import { ProtocolError } from '../protocol-error.ts';
import { equalBytes } from './bytes.ts';

/** Stands for a value under a tag, both ways. */
export { Tagged };

const strictly = {
  strict: true, // the shortest form of each integer and length
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false, // integers beyond 2^53 - 1 are refused, not rounded
  rejectDuplicateMapKeys: true,
  useMaps: true,
} as const;

/** Deterministic CBOR, RFC 8949 section 4.2.1: shortest forms, definite lengths, map keys in the order of their bytes. */
export function encodeCbor(value: unknown): Uint8Array {
  try {
    return new Uint8Array(encode(value, rfc8949EncodeOptions)); // the library gives Buffers where there are such
  } catch (cause) {
    throw new ProtocolError('CBOR', `not CBOR: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Takes deterministic CBOR and nothing else. The library refuses most of the rest; that the value is encoded to these very
 * bytes again refuses all of it: keys in another order, floats that a shorter form has, text that is not UTF-8. Maps
 * become Map, whatever their keys; a tag that is not asked for is refused.
 *
 * @param tag the one tag that is wanted, decoded to {@link Tagged}
 * @throws ProtocolError CBOR
 */
export function decodeCbor(bytes: Uint8Array, tag?: number): unknown {
  let value: unknown;
  let again: Uint8Array;
  try {
    value = decode(bytes, tag === undefined ? strictly : { ...strictly, tags: Tagged.preserve(tag) });
    again = encode(value, rfc8949EncodeOptions); // throws for maps as keys, which it cannot sort
  } catch (cause) {
    // Also a stack that arrays in arrays have filled.
    throw new ProtocolError('CBOR', `not CBOR: ${(cause as Error).message}`, { cause });
  }
  if (!equalBytes(again, bytes)) throw new ProtocolError('CBOR', 'not deterministic CBOR');
  return value;
}
