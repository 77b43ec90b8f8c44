import { createConnection } from 'node:net';
import { z } from 'zod';
import { ChainError } from '../../chain-error.ts';

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** Of an answer; geth's own bound for HTTP is less. */
const maxAnswerBytes = 2 ** 20;

/**
 * One JSON-RPC call over geth's local socket, which alone serves `admin` and `miner`. ethers' IpcSocketProvider lets the
 * error of a socket that is not there end the process.
 * @throws ChainError NODE_UNREACHABLE, REFUSED
 */
export async function askIpc(
  path: string,
  method: string,
  params: unknown[] = [],
  timeoutMs = 10_000,
): Promise<unknown> {
  const line = await exchange(
    path,
    `${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`,
    timeoutMs,
  );
  const { result, error } = answerSchema.parse(JSON.parse(line));
  if (error !== undefined) throw new ChainError('REFUSED', `${path} refuses ${method}: ${error.message}`);
  return result;
}

function exchange(path: string, request: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let answer = '';
    const fail = (cause: Error): void => {
      socket.destroy();
      const message = `the node at ${path} does not answer (${cause.message}): is it running?`;
      reject(new ChainError('NODE_UNREACHABLE', message, { cause }));
    };
    socket.setTimeout(timeoutMs, () => fail(new Error(`${timeoutMs} ms passed`)));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('it hung up')));
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
      if (answer.length > maxAnswerBytes) return fail(new Error('it says too much'));
      if (!answer.endsWith('\n')) return undefined;
      socket.destroy();
      return resolve(answer);
    });
    socket.write(request);
  });
}
