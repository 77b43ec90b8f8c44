import { type Rgb, cielab, citrusColourIndex } from './colour.ts';
import { screeningRules as rules } from './screening-rules.ts';

/** Pixels of sRGB, three bytes each, row by row. */
export type Pixels = { width: number; height: number; data: Uint8Array };

/** What a picture shows. Shares are 0 to 1. */
export type Measures = {
  /** variance of the Laplacian of the whole picture */
  sharpness: number;
  /** mean CIE L* of the whole picture */
  lightness: number;
  /** of the picture's pixels, those that are peel */
  fruitShare: number;
  /** mean CIE L* of the peel */
  fruitLightness: number;
  /** of the peel, pixels with a channel at its end */
  clippedShare: number;
  /** of the peel, pixels that are not green any more */
  colouredShare: number;
  /** mean of the peel's citrus colour index */
  colourIndex: number;
};

/** Pure. */
export function measurePicture(pixels: Pixels): Measures {
  const { width, height, data } = pixels;
  const count = width * height;
  let [lightness, fruit, fruitLightness, clipped, coloured, index] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const rgb: Rgb = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    const lab = cielab(rgb);
    lightness += lab.l;
    const cci = isPeel(lab) ? citrusColourIndex(rgb) : NaN;
    if (Number.isNaN(cci)) continue;
    fruit += 1;
    fruitLightness += lab.l;
    index += cci;
    if (rgb.some((channel) => channel >= rules.clippedAt)) clipped += 1;
    if (cci >= rules.colouredFromIndex) coloured += 1;
  }
  const ofFruit = (sum: number) => (fruit === 0 ? 0 : sum / fruit);
  return {
    sharpness: laplacianVariance(pixels),
    lightness: lightness / count,
    fruitShare: fruit / count,
    fruitLightness: ofFruit(fruitLightness),
    clippedShare: ofFruit(clipped),
    colouredShare: ofFruit(coloured),
    colourIndex: ofFruit(index),
  };
}

/** By colour alone: plain ground has less chroma than peel, or another hue. Leaves have the hue of green peel. */
function isPeel({ a, b }: { a: number; b: number }): boolean {
  if (Math.hypot(a, b) < rules.peelChroma) return false;
  const hue = (Math.atan2(b, a) * 180) / Math.PI;
  return hue >= rules.peelHue.from && hue <= rules.peelHue.to;
}

/** The four-neighbour kernel on Rec. 601 luma, its border left out. */
function laplacianVariance({ width, height, data }: Pixels): number {
  const luma = Float64Array.from(
    { length: width * height },
    (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!,
  );
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const edge = luma[i - 1]! + luma[i + 1]! + luma[i - width]! + luma[i + width]! - 4 * luma[i]!;
      sum += edge;
      squares += edge * edge;
      count += 1;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}
