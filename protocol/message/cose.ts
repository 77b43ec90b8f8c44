import { type QuantityName, dataDictionary, quantityNames } from '../data-dictionary.ts';
import { encodeBase64url } from '../encoding/base64.ts';
import { decodeUtf8, utf8ToBytes } from '../encoding/bytes.ts';
import { Tagged, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { UnsignedReadings } from './message.ts';
import type { Reading } from './readings.ts';

// The COSE profile of a message: COSE_Sign1 of RFC 9052 section 4.2, for devices that count bytes. It carries readings;
// the other bodies and commitments travel as JSON.

/** The first byte of tag 18, by which a payload tells its profile. */
export const coseFirstByte = 0xd2;
const coseSign1 = 18;

/** As `messageContext` in the JSON profile: no signature of ours means anything elsewhere. */
const externalAad = utf8ToBytes('tianyuan/message/v1');

/** RFC 9052 section 3.1: 1 is alg, 4 is kid; RFC 9053 section 2.2: -8 is EdDSA. */
const algorithm = 1;
const eddsa = -8;
const keyId = 4;

/** Keys of the payload's map. 2 is nobody's: device and key number are the header's kid. */
const members = { v: 1, boot: 3, seq: 4, time: 5, batch: 6, readings: 7 } as const;
const memberNames = new Map<unknown, string>(Object.entries(members).map(([name, number]) => [number, name]));

const typeNames = new Map<unknown, QuantityName>(
  quantityNames.map((name) => [dataDictionary[name].number, name]),
);

/**
 * What a COSE payload says, in the JSON profile's members for the same schema to judge; its signature, 64 bytes and not
 * verified; and the Sig_structure that it is over.
 * @throws ProtocolError MESSAGE
 */
export function readCose(payload: Uint8Array): {
  message: Record<string, unknown>;
  signature: Uint8Array;
  signedBytes: Uint8Array;
} {
  const sign1 = decoded(payload, coseSign1);
  const parts: unknown[] = sign1 instanceof Tagged && Array.isArray(sign1.value) ? sign1.value : [];
  const [header, unprotected, content, signature] = parts;
  if (parts.length !== 4 || !isBytes(header) || !isBytes(content) || !isBytes(signature)) {
    throw malformed('not a COSE_Sign1 with its payload inside');
  }
  if (!(unprotected instanceof Map) || unprotected.size > 0)
    throw malformed('the unprotected header is not empty');
  if (signature.length !== 64) throw malformed(`a signature has 64 bytes, this one ${signature.length}`);
  return {
    message: { ...readHeader(header), ...readContent(content), sig: encodeBase64url(signature) },
    signature,
    signedBytes: sigStructure(header, content),
  };
}

/**
 * Signs readings and returns the payload, the bytes that are published.
 * @throws ProtocolError MESSAGE for commitments, which this profile cannot say
 */
export function signCoseMessage(
  message: UnsignedReadings,
  sign: (input: Uint8Array) => Uint8Array,
): Uint8Array {
  const [header, content] = [writeHeader(message), writeContent(message)];
  return encodeCbor(new Tagged(coseSign1, [header, new Map(), content, sign(sigStructure(header, content))]));
}

/** The bytes that a COSE message's signature is over. */
export function coseSigningInput(message: UnsignedReadings): Uint8Array {
  return sigStructure(writeHeader(message), writeContent(message));
}

/** RFC 9052 section 4.4. */
function sigStructure(header: Uint8Array, content: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', header, externalAad, content]);
}

function writeHeader({ device, key }: Pick<UnsignedReadings, 'device' | 'key'>): Uint8Array {
  return encodeCbor(
    new Map<number, unknown>([
      [algorithm, eddsa],
      [keyId, utf8ToBytes(`${device}/${key}`)],
    ]),
  );
}

function writeContent({ v, boot, seq, time, batch, readings, commitments }: UnsignedReadings): Uint8Array {
  if (commitments !== undefined) throw malformed('the COSE profile has no commitments: use the JSON profile');
  return encodeCbor(
    new Map<number, unknown>([
      [members.v, v],
      [members.boot, boot],
      [members.seq, seq],
      [members.time, time],
      ...(batch === undefined ? [] : [[members.batch, batch] as const]),
      [members.readings, readings.map(writeReading)],
    ]),
  );
}

/** [type, value, dt, sensor] without what is absent at its end; an absent dt before a sensor is null. */
function writeReading({ type, value, dt, sensor }: Reading): unknown[] {
  const { number } = dataDictionary[type];
  if (sensor !== undefined) return [number, value, dt ?? null, sensor];
  return dt === undefined ? [number, value] : [number, value, dt];
}

/** Only {1: -8, 4: kid} has this length and these two members. */
function readHeader(bytes: Uint8Array): { device: string; key: number } {
  const header = decoded(bytes);
  const kid: unknown = header instanceof Map ? header.get(keyId) : undefined;
  if (!(header instanceof Map) || header.size !== 2 || header.get(algorithm) !== eddsa || !isBytes(kid)) {
    throw malformed('the protected header is not {1: -8, 4: kid}');
  }
  let text: string;
  try {
    text = decodeUtf8(kid);
  } catch (cause) {
    throw malformed('kid is not UTF-8', cause);
  }
  const [, device, key] = /^([^/]*)\/([1-9][0-9]*)$/.exec(text) ?? [];
  if (device === undefined) throw malformed('kid is not device/key');
  return { device, key: Number(key) };
}

function readContent(bytes: Uint8Array): Record<string, unknown> {
  const content = decoded(bytes);
  if (!(content instanceof Map)) throw malformed('the payload is not a map');
  const message: Record<string, unknown> = {};
  for (const [number, value] of content as Map<unknown, unknown>) {
    const name = memberNames.get(number);
    if (name === undefined) throw malformed(`the payload has a member ${String(number)}, which nobody knows`);
    message[name] = value;
  }
  const { readings } = message;
  return { ...message, readings: Array.isArray(readings) ? readings.map(readReading) : readings };
}

function readReading(reading: unknown): Record<string, unknown> {
  if (!Array.isArray(reading) || reading.length < 2 || reading.length > 4 || reading.at(-1) === null) {
    throw malformed('a reading is [type, value, dt, sensor] without what is absent at its end');
  }
  const [number, value, dt, sensor] = reading as unknown[];
  return {
    ...(dt !== undefined && dt !== null && { dt }),
    ...(sensor !== undefined && { sensor }),
    type: typeNames.get(number),
    value,
  };
}

function decoded(bytes: Uint8Array, tag?: number): unknown {
  try {
    return decodeCbor(bytes, tag);
  } catch (cause) {
    throw malformed((cause as Error).message, cause);
  }
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function malformed(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('MESSAGE', message, { cause });
}
