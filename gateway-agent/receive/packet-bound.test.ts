import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxConnectBytes, maxPacketBytes, newPacketBound } from './packet-bound.ts';

/** A packet of a type and a remaining length, MQTT 3.1.1 section 2.2. */
function packet(length: number, type = 0x30): Buffer {
  return Buffer.concat([Buffer.of(type), encodedLength(length), Buffer.alloc(length, 0xff)]);
}

function encodedLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** Shows a stream in chunks of the given sizes, over and over; how many bytes were let through. */
function show(stream: Buffer, chunkSizes: readonly number[]): number {
  const isWithinBound = newPacketBound();
  let at = 0;
  for (let i = 0; at < stream.length; i++) {
    const chunk = stream.subarray(at, at + chunkSizes[i % chunkSizes.length]!);
    if (!isWithinBound(chunk)) return at;
    at += chunk.length;
  }
  return at;
}

const connect = packet(40, 0x10);

describe('the packet bound', () => {
  test('lets through every stream of packets within it, however it is cut', () => {
    const lengths = fc.array(
      fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(0, 127, 128, 16_383, 16_384, maxPacketBytes)),
      {
        maxLength: 8,
      },
    );
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 65_536 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(lengths, cuts, (list, chunkSizes) => {
        const stream = Buffer.concat([connect, ...list.map((length) => packet(length))]);
        expect(show(stream, chunkSizes)).toBe(stream.length);
      }),
      { numRuns: 60 },
    );
  });

  test('stops at the header of a packet that is over it, however that is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: maxPacketBytes + 1, max: 268_435_455 }), cuts, (length, chunkSizes) => {
        const announced = Buffer.concat([Buffer.of(0x30), encodedLength(length)]);
        const stream = Buffer.concat([connect, packet(10), announced, Buffer.alloc(100)]);
        expect(show(stream, chunkSizes)).toBeLessThan(connect.length + 12 + announced.length);
      }),
      { numRuns: 60 },
    );
  });

  test('is narrow for the first packet, which comes from anybody', () => {
    expect(show(packet(maxConnectBytes, 0x10), [50])).toBe(maxConnectBytes + 4);
    expect(show(packet(maxConnectBytes + 1, 0x10), [1])).toBeLessThan(5);
  });

  test('refuses a length of five bytes', () => {
    expect(
      show(Buffer.concat([connect, Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x00])]), [1]),
    ).toBeLessThan(connect.length + 6);
  });
});
