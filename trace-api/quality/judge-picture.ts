import type { Measures } from './measure-picture.ts';
import type { Scored, Unusable } from './quality-model.ts';
import { screeningRules as rules } from './screening-rules.ts';

/** A picture that a person would not judge by is turned away; another gets its score. Pure. */
export function judgePicture(measures: Measures): Scored | Unusable {
  const { sharpness, lightness, fruitShare, fruitLightness, clippedShare } = measures;
  if (lightness < rules.darkestLightness) {
    return unusable('too-dark', `its mean lightness is ${lightness.toFixed(1)} of 100; take it in daylight`);
  }
  if (fruitShare < rules.leastFruitShare) {
    const share = (fruitShare * 100).toFixed(1);
    return unusable(
      'no-fruit',
      `${share} % of it looks like peel; fill the picture with fruit on plain ground`,
    );
  }
  if (fruitLightness < rules.darkestLightness) {
    return unusable(
      'too-dark',
      `the fruit's lightness is ${fruitLightness.toFixed(1)} of 100; light it from the front`,
    );
  }
  if (clippedShare > rules.mostClippedShare) {
    const share = (clippedShare * 100).toFixed(0);
    return unusable(
      'overexposed',
      `${share} % of the fruit is at the camera's end; avoid flash and direct sun`,
    );
  }
  if (sharpness < rules.leastSharpness) {
    return unusable(
      'blurred',
      `its sharpness is ${sharpness.toFixed(1)}, at least ${rules.leastSharpness} is needed; hold still`,
    );
  }
  return {
    state: 'scored',
    score: Math.round(measures.colouredShare * 100_000),
    findings: {
      citrus_colour_index_milli: Math.round(measures.colourIndex * 1000),
      coloured_share_mpercent: Math.round(measures.colouredShare * 100_000),
      fruit_share_mpercent: Math.round(fruitShare * 100_000),
      fruit_lightness_milli: Math.round(fruitLightness * 1000),
      clipped_share_mpercent: Math.round(clippedShare * 100_000),
      sharpness: Math.round(sharpness),
    },
  };
}

function unusable(reason: Unusable['reason'], detail: string): Unusable {
  return { state: 'unusable', reason, detail };
}
