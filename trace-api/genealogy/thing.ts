import { digitalLinkPath, hasGs1CheckDigit, isUscc, parseDigitalLink } from '@tianyuan/protocol';
import type { Scope } from '../people/scope.ts';

/** What an event can name beside lots. Ids are the owner's own, in any script; a URI has them percent-encoded. */
const kinds = ['box', 'truck', 'room', 'plot', 'organisation', 'person', 'device'] as const;

type NamedKind = (typeof kinds)[number];
export type Thing = { kind: 'lot' | NamedKind; uri: string };

const maxId = 64; // characters, as in a message's own fields

const gs1 = 'https://id.gs1.org';
const named = new RegExp(`^urn:tianyuan:(${kinds.join('|')}):([^:/?#]+)$`);
const sscc = /^https:\/\/[^/?#]+\/00\/([0-9]{18})$/;

/** The one URI by which a lot is known here, whichever resolver's Digital Link named it. */
export const lotUri = (lot: { gtin: string; lot: string }): string => gs1 + digitalLinkPath(lot);

/** `urn:tianyuan:truck:%E8%B5%A3B%C2%B712345` */
export const thingUri = (kind: NamedKind, id: string): string =>
  `urn:tianyuan:${kind}:${encodeURIComponent(id)}`;

/** GTIN and lot number of a lot's URI. */
export const lotOf = parseDigitalLink;

/** The thing that a URI of an event names, under the one URI that it has here; undefined for what is no thing of ours. */
export function parseThing(uri: string): Thing | undefined {
  const [, kind, encoded] = named.exec(uri) ?? [];
  if (kind !== undefined && encoded !== undefined) {
    const id = decode(encoded);
    if (id === undefined || id === '' || id.length > maxId || id.includes('\0')) return undefined;
    return { kind: kind as NamedKind, uri: thingUri(kind as NamedKind, id) };
  }
  const [, serial] = sscc.exec(uri) ?? [];
  if (serial !== undefined) {
    return hasGs1CheckDigit(serial) ? { kind: 'box', uri: `${gs1}/00/${serial}` } : undefined;
  }
  if (!uri.startsWith('https://')) return undefined;
  try {
    return { kind: 'lot', uri: lotUri(parseDigitalLink(uri)) };
  } catch {
    return undefined;
  }
}

/** What a role over the thing would be a role over; people are not had, and lots are by their batches. */
export function scopeOf(uri: string): Scope | undefined {
  const [, serial] = sscc.exec(uri) ?? [];
  if (serial !== undefined) return { kind: 'box', id: serial };
  const [, kind, encoded] = named.exec(uri) ?? [];
  if (kind === undefined || encoded === undefined || kind === 'person') return undefined;
  const id = decode(encoded);
  if (id === undefined || (kind === 'organisation' && !isUscc(id))) return undefined;
  return { kind: kind as Exclude<NamedKind, 'person'>, id };
}

function decode(encoded: string): string | undefined {
  try {
    const text = decodeURIComponent(encoded);
    return text.isWellFormed() ? text : undefined;
  } catch {
    return undefined;
  }
}
