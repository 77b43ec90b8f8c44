import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { citrusColourModel } from './citrus-colour-model.ts';
import { citrusColourIndex } from './colour.ts';

const orange = [240, 150, 30] as const;
const green = [90, 130, 50] as const;
const css = ([r, g, b]: readonly number[]) => `rgb(${r},${g},${b})`;

/** Fruit on grey ground, `greenPart` of each painted green from below. */
function picture(options: { greenPart?: number; ground?: string; fruit?: string; size?: number } = {}) {
  const { greenPart = 0, ground = 'rgb(250,250,250)', fruit = css(orange), size = 400 } = options;
  const line = size / 2 + size * 0.3 * 2 * (0.5 - greenPart);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">
    <rect width="${size}" height="${size}" fill="${ground}"/>
    <rect x="${size * 0.2}" y="${size * 0.2}" width="${size * 0.6}" height="${size * 0.6}" fill="${fruit}"/>
    <rect x="${size * 0.2}" y="${line}" width="${size * 0.6}" height="${size * 0.8 - line}" fill="${css(green)}"/>
  </svg>`;
  return sharp(Buffer.from(svg));
}

const check = async (bytes: Uint8Array) =>
  citrusColourModel.check({ kind: 'picture', mediaType: 'image/png', bytes });

describe('the embedded model', () => {
  test('gives a coloured fruit the full score, and the index of its very colour', async () => {
    for (const bytes of [
      await picture().png().toBuffer(),
      await picture().jpeg({ quality: 95 }).toBuffer(),
    ]) {
      const answer = await check(bytes);
      if (answer.state !== 'scored') throw new Error(answer.detail);
      expect(answer).toMatchObject({ model: 'citrus-colour', version: '1' });
      expect(answer.score).toBeGreaterThan(99_000);
      expect(answer.findings['citrus_colour_index_milli']! / 1000).toBeCloseTo(citrusColourIndex(orange), 0);
      expect(answer.findings['fruit_share_mpercent']! / 100_000).toBeCloseTo(0.36, 1);
    }
  });

  test.each([0.1, 0.25, 0.5, 0.9])('says how much of it is green: %d', async (greenPart) => {
    const answer = await check(await picture({ greenPart }).png().toBuffer());
    if (answer.state !== 'scored') throw new Error(answer.detail);
    expect(answer.score / 100_000).toBeCloseTo(1 - greenPart, 1);
  });

  test('gives the same for the same bytes', async () => {
    const bytes = await picture({ greenPart: 0.3 }).png().toBuffer();
    expect(await check(bytes)).toEqual(await check(bytes));
  });

  test.each<[string, () => Promise<Uint8Array>]>([
    ['no-fruit', () => picture({ fruit: 'rgb(180,180,190)', greenPart: 0 }).png().toBuffer()],
    ['too-dark', () => picture().modulate({ brightness: 0.08 }).png().toBuffer()],
    ['overexposed', () => picture({ fruit: 'rgb(255,200,90)' }).png().toBuffer()],
    [
      'blurred',
      async () =>
        sharp(await picture().png().toBuffer())
          .blur(25)
          .png()
          .toBuffer(),
    ],
    ['too-small', () => picture({ size: 40 }).png().toBuffer()],
    ['undecodable', async () => new TextEncoder().encode('%PDF-1.7 no picture')],
    ['undecodable', async () => (await picture().jpeg().toBuffer()).subarray(0, 600)],
  ])('turns away a picture that is %s', async (reason, make) => {
    const answer = await check(await make());
    expect(answer).toMatchObject({ state: 'unusable', reason });
  });

  test('turns away a small file that would unpack to a huge picture', async () => {
    const bomb = await sharp({ create: { width: 30_000, height: 5_000, channels: 3, background: '#fff' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(2_000_000);
    expect(await check(bomb)).toMatchObject({ state: 'unusable', reason: 'undecodable' });
  });
});
