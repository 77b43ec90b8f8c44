import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * How far the story has been told, on disk: a start that was cut off goes on there. A signed message is kept before it is
 * sent, so that the same bytes are sent again, which the platform's log takes once.
 */
export type Told = {
  /** when the story was begun, Unix ms: what happened in it is dated from here */
  begunAt: number;
  isTold: (step: string) => boolean;
  /** the payload of a step that may have been sent already; made now where it was not */
  payload: (step: string, make: () => Uint8Array) => Uint8Array;
  tell: (step: string) => void;
};

const fileSchema = z.strictObject({
  begunAt: z.int(),
  told: z.array(z.string()),
  /** base64 of signed messages by step */
  signed: z.record(z.string(), z.string()),
});

export function openTold(file: string, now: number): Told {
  const state = existsSync(file)
    ? fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    : { begunAt: now, told: [], signed: {} };
  const save = () => writeFileSync(file, JSON.stringify(state));
  save();
  return {
    begunAt: state.begunAt,
    isTold: (step) => state.told.includes(step),
    payload(step, make) {
      const known = state.signed[step];
      if (known !== undefined) return Buffer.from(known, 'base64');
      const payload = make();
      state.signed[step] = Buffer.from(payload).toString('base64');
      save();
      return payload;
    },
    tell(step) {
      state.told.push(step);
      delete state.signed[step];
      save();
    },
  };
}
