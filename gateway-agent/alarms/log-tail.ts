import { type Entry, type Message, ProtocolError, decodeEntry, parseMessage } from '@tianyuan/protocol';
import type { Store } from '../keep/store.ts';

/** An entry of the log as the watch sees it; the message is absent where there is none, or it is gone. */
export type TailEntry = { index: number; entry: Entry; message: Message | undefined };

/** Some 10 ms of parsing: longer, and devices would wait for their acknowledgements. */
const entriesASlice = 250;

const openingBrace = 0x7b; // of the JSON profile

/** Reads the log from an index on, in slices; it never goes back. */
export function openLogTail({ sqlite }: Store): (from: number) => TailEntry[] {
  const select = sqlite.prepare(
    `SELECT idx AS 'index', entry, payload FROM entries WHERE idx >= ? ORDER BY idx LIMIT ${entriesASlice}`,
  );
  return (from) =>
    (select.all(from) as { index: number; entry: Buffer; payload: Buffer | null }[]).map(
      ({ index, entry: bytes, payload }) => {
        const entry = decodeEntry(bytes);
        return { index, entry, message: payload === null ? undefined : messageIn(entry, payload) };
      },
    );
}

function messageIn({ kind }: Entry, payload: Buffer): Message | undefined {
  if (kind !== 'message' && kind !== 'equivocation') return undefined;
  try {
    // What is in the log was found canonical and valid when it came, so JSON need not be proven to be that again.
    return payload[0] === openingBrace
      ? (JSON.parse(payload.toString()) as Message)
      : parseMessage(payload).message;
  } catch (error) {
    // It was accepted once; another version of this software may have known more.
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
