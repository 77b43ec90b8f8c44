import { bytesToHex, readBounded } from '@tianyuan/protocol';
import { ChainError } from '../chain-error.ts';
import { type Timestamp, decodeTimestamp } from './ots-file.ts';

/** The public calendars that the reference client asks, too. */
export const publicCalendars = [
  'https://alice.btc.calendar.opentimestamps.org',
  'https://bob.btc.calendar.opentimestamps.org',
  'https://finney.calendar.eternitywall.com',
];

const timeoutMs = 15_000;
const maxAnswerBytes = 10_000; // the reference client's bound

/** Gives a calendar a message of 32 bytes to stamp. @throws ChainError CALENDAR, OTS */
export async function submitDigest(calendar: string, message: Uint8Array): Promise<Timestamp> {
  const answer = await ask(`${calendar}/digest`, message);
  if (answer === undefined) throw new ChainError('CALENDAR', `${calendar} takes no digests`);
  return decodeTimestamp(answer, message);
}

/** What a calendar has by now of a message that it promised; undefined while it still waits for a block. */
export async function fetchTimestamp(calendar: string, message: Uint8Array): Promise<Timestamp | undefined> {
  const answer = await ask(`${calendar}/timestamp/${bytesToHex(message)}`);
  return answer && decodeTimestamp(answer, message);
}

/** @returns undefined for 404 */
async function ask(url: string, body?: Uint8Array): Promise<Uint8Array | undefined> {
  let status: number;
  let bytes: Uint8Array | undefined;
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/vnd.opentimestamps.v1', 'user-agent': 'tianyuan' },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { method: 'POST', body: new Uint8Array(body) }),
    });
    status = response.status;
    bytes = await readBounded(response, maxAnswerBytes);
  } catch (cause) {
    throw new ChainError('CALENDAR', `${url} does not answer: try again later`, { cause });
  }
  if (status === 404) return undefined;
  if (status !== 200) throw new ChainError('CALENDAR', `${url} answers ${status}: try again later`);
  if (bytes === undefined) throw new ChainError('CALENDAR', `${url} answers with too much`);
  return bytes;
}
