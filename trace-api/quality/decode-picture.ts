import sharp from 'sharp';
import type { Pixels } from './measure-picture.ts';
import type { Unusable } from './quality-model.ts';
import { screeningRules as rules } from './screening-rules.ts';

/** A phone's largest; a small file that unpacks to more is an attack. */
const mostPixels = 120_000_000;

/**
 * A JPEG or PNG as upright sRGB pixels, its colour profile applied, reduced to the size in which it is judged. Nothing is
 * cached: pictures come once.
 */
export async function decodePicture(bytes: Uint8Array): Promise<Pixels | Unusable> {
  try {
    const image = sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error', sequentialRead: true });
    const { width, height } = await image.metadata();
    if (Math.min(width, height) < rules.shortestSidePx) {
      const detail = `it has ${width} by ${height} pixels; at least ${rules.shortestSidePx} each way are needed`;
      return { state: 'unusable', reason: 'too-small', detail };
    }
    const { data, info } = await image
      .rotate()
      .resize({ width: rules.longSidePx, height: rules.longSidePx, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    return { state: 'unusable', reason: 'undecodable', detail: (error as Error).message };
  }
}
