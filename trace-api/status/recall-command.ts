import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { request } from 'undici';
import { z } from 'zod';
import { ConfigError } from '../config.ts';
import { mostInAnswer } from './status-schema.ts';

const answerTimeoutMs = 60_000; // a season's lots, their holders and orders

const recalledSchema = z.object({
  index: z.int(),
  evidence: z.object({ sha256: z.string(), batches: z.int(), holders: z.int() }),
  lots: z.array(z.object({ lot: z.string(), batchId: z.string().nullable() })),
  holders: z.array(z.object({ kind: z.string(), id: z.string(), lot: z.string() })),
});

const problemSchema = z.object({ title: z.string(), detail: z.string() });

type Options = {
  batch: string;
  class: string;
  zh: string;
  en: string;
  url: string;
  tokenFile: string;
  key: string;
};

/**
 * `trace-api recall`: recalls a batch at a trace API that is running, and prints all that it reaches.
 * @param argv as `process.argv`, `recall` at its third place
 * @returns the exit code: 1 where it was refused
 * @throws ConfigError
 */
export async function runRecall(argv: readonly string[], print: (text: string) => void): Promise<number> {
  const command = new Command('trace-api recall')
    .description('Recall a batch, and find every batch that was made of it and everybody who has some of it.')
    .requiredOption('--batch <id>', 'the batch')
    .requiredOption(
      '--class <1|2|3>',
      '《食品召回管理办法》: 1 grave harm, 2 general harm, 3 wrong labels and the like',
    )
    .requiredOption('--zh <reason>', 'why, in Chinese, for those who bought it')
    .requiredOption('--en <reason>', 'why, in English')
    .option('--url <url>', 'the trace API [TRACE_URL]', process.env['TRACE_URL'] || 'http://127.0.0.1:8080')
    .option(
      '--token-file <file>',
      "the owner's or an inspector's token [OWNER_TOKEN_FILE]",
      process.env['OWNER_TOKEN_FILE'] || '.tianyuan/owner.token',
    )
    .option('--key <key>', 'X-Idempotency-Key, to ask again for what may have been done', randomUUID())
    .parse([...argv.slice(0, 2), ...argv.slice(3)]);
  const options = command.opts<Options>();
  const { statusCode, body } = await request(
    `${options.url}/api/v1/batches/${encodeURIComponent(options.batch)}/recall`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${readToken(options.tokenFile)}`,
        'content-type': 'application/json',
        'x-idempotency-key': options.key,
      },
      body: JSON.stringify({ class: Number(options.class), reason: { zh: options.zh, en: options.en } }),
      signal: AbortSignal.timeout(answerTimeoutMs),
    },
  ).catch((cause: Error) => {
    const again = `ask again with --key ${options.key}: it is not done twice`;
    throw new ConfigError(`the trace API at ${options.url} gives no answer (${cause.message}); ${again}`, {
      cause,
    });
  });
  const answer: unknown = await body.json();
  if (statusCode !== 201) {
    const { title, detail } = problemSchema.parse(answer);
    print(`${title}: ${detail}\n`);
    return 1;
  }
  print(describe(recalledSchema.parse(answer), options.batch));
  return 0;
}

function describe(answer: z.infer<typeof recalledSchema>, batch: string): string {
  const { evidence, lots, holders, index } = answer;
  const told = new Set(
    holders.map(({ kind, id }) => `${kind === 'order' ? '订单 order' : '持有方 party'} ${id}`),
  );
  const more =
    Math.max(evidence.batches, holders.length) >= mostInAnswer
      ? ['… 其余见证据文件 the rest is in the file']
      : [];
  return [
    `已召回批次 ${batch}，记录 ${index} · batch ${batch} is recalled, record ${index}`,
    `${evidence.batches} 个批次 lots:`,
    ...lots.map(({ lot, batchId }) => `  ${batchId ?? '（未登记 no batch）'}  ${lot}`),
    `${evidence.holders} 个需要通知 to be told:`,
    ...[...told].map((line) => `  ${line}`),
    ...more,
    `证据 evidence: /api/v1/files/${evidence.sha256}`,
    '',
  ].join('\n');
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`the token cannot be read: ${(cause as Error).message}`, { cause });
  }
}
