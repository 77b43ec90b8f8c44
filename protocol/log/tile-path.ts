import { ProtocolError } from '../protocol-error.ts';
import { type TileId, tileWidth } from '../merkle/tile.ts';

/** What a C2SP tlog-tiles path names: a hash tile, or a bundle of entries where `level` is `'entries'`. */
export type TilePath = { level: number | 'entries'; index: number; width: number };

/** `tile/<L>/<N>[.p/<W>]`, without the log's prefix. */
export function formatTilePath({ level, index, width }: TilePath): string {
  const suffix = width === tileWidth ? '' : `.p/${width}`;
  return `tile/${level}/${formatIndex(index)}${suffix}`;
}

/** @throws ProtocolError TILE */
export function parseTilePath(path: string): TilePath {
  const pattern = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;
  const [, level, digits, partial] = pattern.exec(path) ?? [];
  if (level === undefined || digits === undefined) {
    throw new ProtocolError('TILE', `not a tile path: ${path}`);
  }
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  const canonical = Number.isSafeInteger(index) && formatIndex(index) === digits;
  if (!canonical || (partial !== undefined && width >= tileWidth) || Number(level) > 63) {
    throw new ProtocolError('TILE', `not a tile path: ${path}`);
  }
  return { level: level === 'entries' ? level : Number(level), index, width };
}

/** Three digits an element, all but the last marked with x: 1234067 is x001/x234/067. */
function formatIndex(index: TileId['index']): string {
  const elements: string[] = [];
  let rest = index;
  do {
    elements.unshift(String(rest % 1000).padStart(3, '0'));
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  return elements.map((element, i) => (i === elements.length - 1 ? element : `x${element}`)).join('/');
}
