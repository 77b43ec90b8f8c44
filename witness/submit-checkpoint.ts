import {
  type AddCheckpoint,
  type Witness,
  formatAddCheckpoint,
  parseCheckpoint,
  readBounded,
  verifyCosignature,
} from '@tianyuan/protocol';

/** A witness, and the prefix that `/add-checkpoint` follows. */
export type WitnessAddress = Witness & { url: string };

export type SubmitResult =
  /** its valid signature line, with its newline */
  | { state: 'cosigned'; line: string }
  /** it has cosigned another size: a proof is wanted from there */
  | { state: 'behind'; size: number }
  /** it will not, for a reason that asking again does not mend; `status` is 400, 403, 404, 409 without a size, or 422 */
  | { state: 'refused'; status: number; detail: string }
  /** no answer, none in time, or none that is a cosignature by this witness's key */
  | { state: 'failed'; detail: string };

const timeoutMs = 10_000;
const maxAnswerBytes = 64 * 1024;

/** Asks one witness for its cosignature. Never rejects: a witness that lies or is away is one of the results. */
export async function submitCheckpoint(
  witness: WitnessAddress,
  request: AddCheckpoint,
): Promise<SubmitResult> {
  let status: number;
  let type: string;
  let text: string;
  try {
    const response = await fetch(`${witness.url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: formatAddCheckpoint(request),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    status = response.status;
    type = response.headers.get('content-type') ?? '';
    const body = await readBounded(response, maxAnswerBytes);
    if (body === undefined) return { state: 'failed', detail: `${witness.name} answers with too much` };
    text = new TextDecoder().decode(body);
  } catch (error) {
    return { state: 'failed', detail: `${witness.name} does not answer: ${(error as Error).message}` };
  }
  if (status === 200) return findCosignature(witness, request, text);
  if (status === 409 && type.startsWith('text/x.tlog.size') && /^(0|[1-9][0-9]{0,15})\n$/.test(text)) {
    const size = Number(text);
    // The same size again: it has another root there.
    if (size !== request.oldSize) return { state: 'behind', size };
  }
  const detail = `${witness.name} answers ${status}: ${text.trim().slice(0, 200)}`;
  return status >= 500 ? { state: 'failed', detail } : { state: 'refused', status, detail };
}

function findCosignature(witness: WitnessAddress, { note }: AddCheckpoint, text: string): SubmitResult {
  for (const line of text.split('\n')) {
    try {
      const cosigned = parseCheckpoint(`${note}${line}\n`);
      const own = { ...cosigned, signatures: cosigned.signatures.slice(-1) };
      if (verifyCosignature(own, witness) === 'valid') return { state: 'cosigned', line: `${line}\n` };
    } catch {
      // a line that is no signature line; the next one may be
    }
  }
  return { state: 'failed', detail: `${witness.name} answers with no valid cosignature of its own` };
}
