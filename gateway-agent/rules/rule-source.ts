import { createHash } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Logger } from 'pino';
import { GatewayError } from '../gateway-error.ts';
import { type RuleFileRefusal, isRefusal, parseRuleFile } from './rule-file.ts';
import { type RuleSet, builtInRuleSet } from './rule-set.ts';

/** The rules in force, from a file that may change at any time. */
export type RuleSource = {
  current: () => RuleSet;
  /** why the file as it is now is not in force */
  refusal: () => RuleFileRefusal | undefined;
  /** reads the file now; a bad one is refused and the rules stay */
  reload: () => void;
  close: () => void;
};

/** An editor writes a file in several steps; what it says is read once they have ended. */
const settleMs = 200;
/** How soon a change is told again that could not be; a disk that is full may have room by then. */
const retellMs = 10_000;

/**
 * Reads the rule file and watches it. Without a file, the built-in rules.
 * @param onChange after other rules came into force; where it throws, it is told again later
 * @throws GatewayError CONFIG where the file cannot be used at the start: nobody should believe in rules that are not there
 */
export function openRuleSource(
  file: string | undefined,
  { logger, onChange }: { logger: Logger; onChange: (rules: RuleSet) => void },
): RuleSource {
  if (file === undefined) {
    return { current: () => builtInRuleSet, refusal: () => undefined, reload: () => {}, close: () => {} };
  }
  const first = readRules(file);
  if (isRefusal(first)) {
    throw new GatewayError('CONFIG', `the rule file ${file} cannot be used:\n${describeFaults(first)}`);
  }
  let current = first;
  let refusal: RuleFileRefusal | undefined;
  let seenDigest = first.digest;
  let timer: NodeJS.Timeout | undefined;
  let retelling: NodeJS.Timeout | undefined;

  /** In a timer or a signal's listener, where a throw would end the agent. */
  function tell(): void {
    clearTimeout(retelling);
    retelling = undefined;
    try {
      onChange(current);
    } catch (error) {
      logger.error(
        { err: error, file },
        'that other rules are in force could not be logged; it is tried again',
      );
      retelling = setTimeout(tell, retellMs);
    }
  }

  function reload(): void {
    const next = readRules(file!);
    if (isRefusal(next)) {
      const told = createHash('sha256').update(JSON.stringify(next)).digest('hex');
      if (told !== seenDigest) {
        logger.error(
          { file, faults: next.faults },
          'the rule file was refused; the rules from before stay in force. Mend the lines that are named',
        );
      }
      seenDigest = told;
      refusal = next;
      return;
    }
    refusal = undefined;
    seenDigest = next.digest;
    if (next.digest !== current.digest) {
      current = next;
      logger.info({ file, digest: next.digest }, 'other rules are in force');
      tell();
    } else if (retelling !== undefined) tell();
  }

  // The directory, since editors put a new file in the place of the old one.
  const watcher = watch(dirname(file), (_, name) => {
    if (name !== null && name !== basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(reload, settleMs);
  });
  watcher.on('error', (error) =>
    logger.warn({ err: error, file }, 'the rule file is not watched any more; send SIGHUP after a change'),
  );

  return {
    current: () => current,
    refusal: () => refusal,
    reload,
    close() {
      clearTimeout(timer);
      clearTimeout(retelling);
      watcher.close();
    },
  };
}

function readRules(file: string): RuleSet | RuleFileRefusal {
  try {
    return parseRuleFile(readFileSync(file, 'utf8'));
  } catch (error) {
    return {
      code: 'RULES_REFUSED',
      faults: [{ line: 0, reason: `cannot be read: ${(error as Error).message}` }],
    };
  }
}

function describeFaults({ faults }: RuleFileRefusal): string {
  return faults.map(({ line, reason }) => `  line ${line}: ${reason}`).join('\n');
}
