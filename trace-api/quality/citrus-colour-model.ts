import { decodePicture } from './decode-picture.ts';
import { judgePicture } from './judge-picture.ts';
import { measurePicture } from './measure-picture.ts';
import type { QualityModel } from './quality-model.ts';
import { screeningRules } from './screening-rules.ts';

const identity = { model: 'citrus-colour', version: '1' } as const;

/**
 * The embedded default. How much of the peel has coloured, by the citrus colour index of each pixel, and nothing else: it
 * sees no rot, no size and no sugar, and a picture of a picture is a picture.
 */
export const citrusColourModel: QualityModel = {
  name: identity.model,
  version: identity.version,
  takes: ['picture'],
  leastScore: screeningRules.leastColouredScore,
  async check({ bytes }) {
    const pixels = await decodePicture(bytes);
    if ('state' in pixels) return pixels;
    const judged = judgePicture(measurePicture(pixels));
    return judged.state === 'unusable' ? judged : { ...judged, ...identity };
  },
};
