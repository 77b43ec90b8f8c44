import { type AuditLine, hashLine, noHash } from './audit-line.ts';

/** What a chain's head was when the platform's log was told of it. */
export type AuditHead = { chain: string; lines: number; hash: string; atIndex: number };

export type AuditFault = { chain: string; seq: number; what: string };

/** A chain as far as it was read. */
export type ChainState = { chain: string; lines: number; hash: string };

/**
 * One line more of a chain: it follows the one before, and hashes to what it says. Pure.
 * @returns what is wrong with it, if anything, and the chain with it
 */
export function verifyLine(
  before: ChainState | undefined,
  line: AuditLine,
): { faults: AuditFault[]; state: ChainState } {
  const { chain, seq, prev, hash } = line;
  const state = before?.chain === chain ? before : { chain, lines: 0, hash: noHash };
  const faults: string[] = [];
  if (seq !== state.lines) faults.push(`line ${state.lines} is missing`);
  else if (prev !== state.hash) faults.push('it does not follow the line before');
  if (hashLine(line) !== hash) faults.push('it was changed: its hash is another');
  return {
    faults: faults.map((what) => ({ chain, seq, what })),
    state: { chain, lines: seq + 1, hash },
  };
}

/** The heads that fall on a line: whoever wrote a chain anew after its head was logged has other hashes. Pure. */
export function verifyHeads(heads: readonly AuditHead[], { chain, seq, hash }: AuditLine): AuditFault[] {
  return heads
    .filter((head) => head.chain === chain && head.lines === seq + 1 && head.hash !== hash)
    .map(({ atIndex }) => ({
      chain,
      seq,
      what: `entry ${atIndex} of the platform's log has another hash of it`,
    }));
}

/** Heads of more lines than there are. Pure. */
export function verifyLengths(
  heads: readonly AuditHead[],
  lengths: ReadonlyMap<string, number>,
): AuditFault[] {
  return heads
    .filter(({ chain, lines }) => (lengths.get(chain) ?? 0) < lines)
    .map(({ chain, lines, atIndex }) => ({
      chain,
      seq: lengths.get(chain) ?? 0,
      what: `entry ${atIndex} of the platform's log knows of ${lines} lines`,
    }));
}
