import {
  type Binding,
  ProtocolError,
  type TradeItemLot,
  digitalLinkPath,
  hasGs1CheckDigit,
  parseDigitalLink,
} from '@tianyuan/protocol';

const gs1 = 'https://id.gs1.org';
const devicePrefix = 'urn:tianyuan:device:';
const batchPrefix = 'urn:tianyuan:batch:';

/**
 * The URI by which events know what a binding names: a box of 18 digits with their check digit is an SSCC. A batch has one
 * of its own beside its lot's, since a binding names it by its id.
 */
export function carrierUri({ kind, id }: { kind: Binding['to']['kind'] | 'device'; id: string }): string {
  if (kind === 'box' && /^[0-9]{18}$/.test(id) && hasGs1CheckDigit(id)) return `${gs1}/00/${id}`;
  return `urn:tianyuan:${kind}:${encodeURIComponent(id)}`;
}

/** Both URIs of a batch. */
export function batchUris({ batchId, gtin, lot }: { batchId: string; gtin: string; lot: string }): string[] {
  return [carrierUri({ kind: 'batch', id: batchId }), gs1 + digitalLinkPath({ gtin, lot })];
}

/** The device that a URI names, if it names one. */
export function deviceOf(uri: string): string | undefined {
  return uri.startsWith(devicePrefix) ? uri.slice(devicePrefix.length) : undefined;
}

/** The batch that a URI names, by its id or by its lot. */
export function batchOfUri(uri: string): { batchId: string } | TradeItemLot | undefined {
  if (uri.startsWith(batchPrefix)) return { batchId: decodeURIComponent(uri.slice(batchPrefix.length)) };
  if (!uri.startsWith(`${gs1}/01/`)) return undefined;
  try {
    return parseDigitalLink(uri);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
