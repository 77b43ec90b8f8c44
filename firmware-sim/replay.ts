import { readFileSync } from 'node:fs';
import { isInRange, quantityNames } from '@tianyuan/protocol';
import { z } from 'zod';
import { readAuthority } from './claim/authority-file.ts';
import { Link } from './link/link.ts';
import { linkTrouble, rejectedTopic } from './link/link-trouble.ts';
import { troubleLog } from './link/trouble-log.ts';
import type { Logger } from './log.ts';
import { signByHand, knownDevice } from './sign-by-hand.ts';
import { SimulatorError } from './simulator-error.ts';
import { openOutbox } from './state/outbox.ts';
import { takeRunLock } from './state/run-lock.ts';
import { type StateDatabase, openState } from './state/state-database.ts';

/** One line of the file: a reading as a data logger has it, and when it was taken (Unix ms). */
const lineSchema = z
  .strictObject({
    time: z.int().min(0),
    type: z.enum(quantityNames.filter((name) => name !== 'gps')),
    value: z.int(),
    sensor: z.string().optional(),
    batch: z.string().optional(),
  })
  .refine(({ type, value }) => isInRange(type, value), 'outside what the quantity can be');

type Line = z.infer<typeof lineSchema>;

/** A month of a reading every half minute. */
const maxLines = 100_000;

export type ReplayOptions = { state: string; device: string; file: string; broker: string; gateway: string };

/**
 * Has a device send what a data logger recorded: each line one message, signed with the device's key under its next number
 * and stored before it is sent, so that a replay which is cut off is finished by the device's next run.
 * @returns how many messages were acknowledged
 * @throws SimulatorError USAGE, UNKNOWN_DEVICE, STATE_LOCKED
 */
export async function replay(
  options: ReplayOptions,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<number> {
  const lines = readLines(options.file);
  const state = openState(options.state);
  try {
    const release = takeRunLock(options.state);
    try {
      return await send(state, lines, options, { log, signal });
    } finally {
      release();
    }
  } finally {
    state.close();
  }
}

async function send(
  state: StateDatabase,
  lines: readonly Line[],
  { state: directory, device, broker, gateway }: ReplayOptions,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<number> {
  const { token } = knownDevice(state, device);
  const outbox = openOutbox(state, maxLines);
  const store = state.transaction(() => {
    for (const { time, batch, ...reading } of lines) {
      const payload = signByHand(state, device, { reading, timeMs: time, batch });
      outbox.add(device, { payload, fault: null }, 0);
    }
  });
  store.immediate();
  const trouble = troubleLog(log);
  const at = { broker, gateway, device, enrolmentFile: directory };
  const sent = Promise.withResolvers<void>();
  if (signal.aborted) return 0;
  signal.addEventListener('abort', () => sent.resolve());
  let acknowledged = 0;
  const link = new Link(
    { broker, gateway, device, token, authority: readAuthority(directory) },
    {
      after: (sentId, limit) => outbox.after(device, sentId, limit),
      sent: () => {},
      acknowledged({ id }) {
        outbox.remove(device, id);
        acknowledged += 1;
        if (outbox.waiting(device) === 0) sent.resolve();
      },
      up: () => trouble.over(),
      down: () => trouble.tell(device, { reason: 'down', text: `${broker} hung up` }),
      failed: (error) => trouble.tell(device, linkTrouble(error, at)),
      rejected: () => trouble.tell(device, rejectedTopic(at)),
    },
  );
  await sent.promise;
  await link.close();
  return acknowledged;
}

function readLines(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SimulatorError('USAGE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > maxLines) {
    throw new SimulatorError('USAGE', `${file} has ${lines.length} lines; a replay has 1 to ${maxLines}`);
  }
  return lines.map((line, i) => {
    const parsed = lineSchema.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = `${file}, line ${i + 1}`;
    throw new SimulatorError('USAGE', `${where}: ${issue!.path.join('.') || 'reading'}: ${issue!.message}`);
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
