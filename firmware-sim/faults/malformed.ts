import {
  concatBytes,
  decodeUtf8,
  type Profile,
  type UnsignedReadings,
  utf8ToBytes,
} from '@tianyuan/protocol';
import type { Fault, Occasion } from './fault.ts';

type Deformation = (occasion: Pick<Occasion, 'message' | 'sign' | 'random'>) => Uint8Array;

const inBothProfiles = {
  float: ({ message, sign }) => {
    const [first, ...rest] = message.readings;
    const value: number | [number, number] =
      typeof first!.value === 'number' ? first!.value + 0.5 : [first!.value[0] + 0.5, first!.value[1]];
    return sign({ ...message, readings: [{ ...first!, value }, ...rest] });
  },
  truncated: ({ message, sign, random }) => {
    const payload = sign(message);
    return payload.subarray(0, 1 + Math.floor(random() * (payload.length - 1)));
  },
} satisfies Record<string, Deformation>;

/**
 * Each breaks one rule of its profile (docs/protocol.md section 1) and keeps the others, the signature's included where it
 * can: what is refused must be refused for its form.
 */
export const deformations = {
  json: {
    ...inBothProfiles,
    whitespace: ({ message, sign }) => rewrite(sign(message), (text) => text.replace(':', ': ')),
    memberOrder: ({ message, sign }) =>
      rewrite(sign(message), (text) =>
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed())),
      ),
    unknownMember: ({ message, sign }) => {
      const extended: UnsignedReadings & { firmware: string } = { ...message, firmware: '1.0.0' };
      return sign(extended);
    },
    paddedSignature: ({ message, sign }) =>
      rewrite(sign(message), (text) => text.replace(/("sig":"[^"]+)"/, '$1=="')),
    invalidUtf8: ({ message, sign }) => concatBytes(sign(message), Uint8Array.of(0xff)),
  },
  cose: {
    ...inBothProfiles,
    untagged: ({ message, sign }) => sign(message).subarray(1),
    // the array that follows the tag, with a break at its end in place of its length in front
    indefiniteLength: ({ message, sign }) =>
      concatBytes(Uint8Array.of(0xd2, 0x9f), sign(message).subarray(2), Uint8Array.of(0xff)),
    trailingByte: ({ message, sign }) => concatBytes(sign(message), Uint8Array.of(0)),
    nullAtTheEnd: ({ message, sign }) => {
      const [first, ...rest] = message.readings;
      const nothing = { ...first!, sensor: null as unknown as string };
      return sign({ ...message, readings: [nothing, ...rest] });
    },
  },
} satisfies Record<Profile, Record<string, Deformation>>;

/** A message that its parser must not let through. */
export const malformed: Fault = {
  name: 'malformed',
  expected: 'refused',
  code: 'MALFORMED',
  misbehave: (occasion) => {
    const kinds = Object.values<Deformation>(deformations[occasion.profile]);
    const deform = kinds[Math.floor(occasion.random() * kinds.length)]!;
    return { publications: [{ payload: deform(occasion), fault: 'malformed' }], seq: occasion.message.seq };
  },
};

function rewrite(payload: Uint8Array, change: (text: string) => string): Uint8Array {
  return utf8ToBytes(change(decodeUtf8(payload)));
}
