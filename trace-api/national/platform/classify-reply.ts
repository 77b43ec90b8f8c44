import { z } from 'zod';
import type { NationalFault } from '../fault.ts';
import type { NationalResponse } from '../national-trace-adapter.ts';
import { type NationalDocument, parseDocument } from './parse-document.ts';

/** What a reply to a question about one code means. `stale-token` and `clock` are put right, and asked again, once. */
export type Verdict =
  | { state: 'record'; document: NationalDocument }
  | { state: 'fault'; fault: NationalFault; detail: string }
  | { state: 'stale-token' }
  | { state: 'clock' };

const errorSchema = z.object({ code: z.string().max(20), message: z.string().max(500).default('') });

/** docs/trace-china.md, "Errors". Only what is signed is believed of a record; that a server is ill needs no signature. */
export function classifyReply(response: NationalResponse, traceCode: string): Verdict {
  const { status, body, signature } = response;
  if (status === 401) return { state: 'stale-token' };
  if (status === 429 || status >= 500) return fault('unavailable', `HTTP ${status}`);
  if (signature !== 'valid')
    return fault(
      'bad-signature',
      `HTTP ${status} with ${signature === 'absent' ? 'no' : 'a wrong'} signature`,
    );
  if (status === 200) {
    const document = parseDocument(body, traceCode);
    return 'wrong' in document ? fault('malformed', String(document.wrong)) : { state: 'record', document };
  }
  const error = readError(body);
  if (error === undefined) return fault('malformed', `HTTP ${status} without an error's code`);
  const detail = `${error.code} ${error.message}`.trim();
  if (status === 403 && error.code === 'TC-4013') return { state: 'clock' };
  if (status === 404 && error.code === 'TC-4040') return fault('unknown-code', detail);
  return status === 400 || status === 403
    ? fault('refused', detail)
    : fault('malformed', `HTTP ${status}: ${detail}`);
}

function fault(kind: NationalFault, detail: string): Verdict {
  return { state: 'fault', fault: kind, detail };
}

function readError(body: Uint8Array): z.infer<typeof errorSchema> | undefined {
  try {
    return errorSchema.parse(JSON.parse(Buffer.from(body).toString()));
  } catch {
    return undefined;
  }
}
