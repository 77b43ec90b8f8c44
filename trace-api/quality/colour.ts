/** A colour of sRGB, each channel 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Relative to a white of Y = 1. */
type Xyz = readonly [x: number, y: number, z: number];

export type Lab = { l: number; a: number; b: number };

/** CIE 15: D65, 2° observer, the white of sRGB. */
const white = { x: 0.95047, y: 1, z: 1.08883 };

/** IEC 61966-2-1 for each of the 256 values. */
const linear = Float64Array.from({ length: 256 }, (_, value) => {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** IEC 61966-2-1. */
function toXyz([red, green, blue]: Rgb): Xyz {
  const [r, g, b] = [linear[red]!, linear[green]!, linear[blue]!];
  return [
    0.4124 * r + 0.3576 * g + 0.1805 * b,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    0.0193 * r + 0.1192 * g + 0.9505 * b,
  ];
}

/** CIELAB, CIE 15 section 8.2.1. */
export function cielab(rgb: Rgb): Lab {
  const [x, y, z] = toXyz(rgb);
  const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29);
  const [fx, fy, fz] = [f(x / white.x), f(y / white.y), f(z / white.z)];
  return { l: 116 * fy - 16, a: 500 * (fx - fy), b: 200 * (fy - fz) };
}

// Hunter's coefficients for this white, from those of illuminant C: HunterLab Application Note AN-1005.
const hunterA = (175 / 198.04) * 100 * (white.x + white.y);
const hunterB = (70 / 218.11) * 100 * (white.y + white.z);

/** Hunter L, a, b. */
export function hunterLab(rgb: Rgb): Lab {
  const [x, y, z] = toXyz(rgb);
  if (y === 0) return { l: 0, a: 0, b: 0 };
  const root = Math.sqrt(y);
  return {
    l: 100 * root,
    a: (hunterA * (x / white.x - y)) / root,
    b: (hunterB * (y - z / white.z)) / root,
  };
}

/**
 * The citrus colour index, 1000·a / (L·b) in Hunter's coordinates: Jiménez-Cuesta, Cuquerella and Martínez-Jávega,
 * Determination of a color index for citrus fruit degreening, Proc. Int. Soc. Citriculture 2, 1981, 750-753. Below -20,
 * deep green, over 0, yellow, to about 20, deep orange. NaN for a colour without yellow, which no peel has.
 */
export function citrusColourIndex(rgb: Rgb): number {
  const { l, a, b } = hunterLab(rgb);
  return l > 0 && b > 0 ? (1000 * a) / (l * b) : NaN;
}
