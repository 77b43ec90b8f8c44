import type { eventFacts } from '../database/schema.ts';

/** GS1's context, and ours for `tianyuan:` members. An event may bring further ones. */
const context = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { tianyuan: 'https://tianyuan.example/ns/' },
];

type Row = Pick<typeof eventFacts.$inferSelect, 'atIndex' | 'at' | 'signer' | 'body'>;

/**
 * Events as an EPCIS 2.0 document (section 9.3), in JSON-LD. Each is as it was signed; added are when it was recorded, and
 * where: what was signed is the message at that index of the log, whose proof anybody may fetch.
 * @param createdAt Unix ms
 */
export function epcisDocument(
  events: readonly Row[],
  { logId, createdAt }: { logId: string; createdAt: number },
) {
  return {
    '@context': context,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: new Date(createdAt).toISOString(),
    epcisBody: {
      eventList: events.map(({ atIndex, at, signer, body }) => ({
        ...body,
        recordTime: new Date(at).toISOString(),
        'tianyuan:record': { log: logId, index: atIndex, signer },
      })),
    },
  };
}
