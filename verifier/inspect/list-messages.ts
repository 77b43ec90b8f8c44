import { type ParsedMessage, ProtocolError, decodeBase64, parseMessage } from '@tianyuan/protocol';
import { type ListedMessage, type View, listedMessagesSchema } from './answers.ts';
import { type LotScope, reachesLot } from './lot-scope.ts';
import type { Miss } from './miss.ts';
import { atMoment, batchPath } from './open-lot.ts';
import { type TraceSource, Unreachable, getJson } from './trace-source.ts';

/** A message that the trace API counts for the lot. */
export type LotMessage = {
  logId: string;
  index: number;
  flag: string | null;
  payload: Uint8Array;
  parsed: ParsedMessage;
};

const mostMessages = 1_000_000; // of one lot, some GB
/**
 * The messages of a lot, as many of each log as the view counts: those that came while it was read are left out.
 * @throws Unreachable
 */
export async function listMessages(
  source: TraceSource,
  view: View,
  scope: LotScope,
  asOf: number | undefined,
): Promise<{ messages: LotMessage[]; misses: Miss[] }> {
  const misses: Miss[] = [];
  const left = new Map(view.logs.map(({ logId, messages }) => [logId, messages]));
  const messages: LotMessage[] = [];
  let cursor: string | null = '';
  for (let listed = 0; cursor !== null;) {
    const query: string = cursor === '' ? '' : `?cursor=${cursor}`;
    const path = atMoment(`${batchPath(view)}/messages${query}`, asOf);
    const page = await getJson(source, path, listedMessagesSchema);
    listed += page.messages.length;
    if (listed > mostMessages || (page.next !== null && page.messages.length === 0))
      throw new Unreachable(`${path}: the list of messages does not end`);
    for (const one of page.messages) {
      const more = left.get(one.logId) ?? 0;
      if (more === 0) continue;
      left.set(one.logId, more - 1);
      const read = readListed(one, scope);
      if ('code' in read) misses.push(read);
      else messages.push(read);
    }
    cursor = page.next;
  }
  for (const { logId, origin, messages: count } of view.logs) {
    const missing = left.get(logId)!;
    if (missing > 0)
      misses.push({
        code: 'HIDDEN_READING',
        detail: `${origin}: ${count} messages are counted, ${count - missing} are shown`,
      });
  }
  return { messages, misses };
}

function readListed(
  { logId, index, flag, payload: text }: ListedMessage,
  scope: LotScope,
): LotMessage | Miss {
  const where = `${logId.slice(0, 8)}/${index}`;
  if (text === null) return { code: 'HIDDEN_READING', detail: `${where}: its payload is withheld` };
  let payload: Uint8Array;
  let parsed: ParsedMessage;
  try {
    payload = decodeBase64(text);
    parsed = parseMessage(payload);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { code: 'READING_CHANGED', detail: `${where}: no message: ${error.message}` };
  }
  if (!reachesLot(parsed.message, scope)) {
    const { device, batch } = parsed.message;
    return { code: 'NOT_OF_LOT', detail: `${where}: ${device} signed it for ${batch ?? 'no batch'}` };
  }
  return { logId, index, flag, payload, parsed };
}
