import { ProtocolError } from '../protocol-error.ts';
import { parseGtin } from './gtin.ts';

/** A product's lot, GS1 application identifiers 01 and 10. */
export type TradeItemLot = { gtin: string; lot: string };

/** GS1 General Specifications figure 7.11-1: the 82 characters of a lot number, at most 20 of them. */
const lotPattern = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;

/** Whether a lot number can stand in a link: no URL carries `.` or `..`, which climb however they are encoded. */
export function isLot(text: string): boolean {
  return lotPattern.test(text) && text !== '.' && text !== '..';
}

/**
 * The path of a GS1 Digital Link URI (1.2 section 4.4): `/01/{gtin}/10/{lot}`, GTIN in 14 digits, lot percent-encoded.
 * @throws ProtocolError IDENTIFIER
 */
export function digitalLinkPath({ gtin, lot }: TradeItemLot): string {
  if (!isLot(lot)) throw new ProtocolError('IDENTIFIER', `not a lot number (1 to 20 GS1 characters): ${lot}`);
  return `/01/${parseGtin(gtin)}/10/${encodeURIComponent(lot)}`;
}

/**
 * The identifiers of a Digital Link URI or of its path; a prefix before `/01/` and a query are allowed.
 * @throws ProtocolError IDENTIFIER
 */
export function parseDigitalLink(uri: string): TradeItemLot {
  const [, gtin, encodedLot] = /^[^?#]*\/01\/([0-9]+)\/10\/([^/?#]+)(?:[?#].*)?$/.exec(uri) ?? [];
  if (gtin === undefined || encodedLot === undefined) {
    throw new ProtocolError('IDENTIFIER', `no GS1 Digital Link with a GTIN and a lot: ${uri}`);
  }
  const lot = decodeLot(encodedLot);
  if (lot === undefined || !isLot(lot)) {
    throw new ProtocolError('IDENTIFIER', `not a lot number (1 to 20 GS1 characters): ${encodedLot}`);
  }
  return { gtin: parseGtin(gtin), lot };
}

function decodeLot(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
