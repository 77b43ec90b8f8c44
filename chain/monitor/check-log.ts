import {
  type Checkpoint,
  type CompactRange,
  appendToRange,
  assembleCheckpoint,
  bytesToHex,
  checkpointText,
  encodeBase64,
  equalBytes,
  leafHash,
  logIdHex,
  logSignature,
  parseCheckpoint,
  rangeRoot,
  tileWidth,
  utf8ToBytes,
  verifyEd25519,
} from '@tianyuan/protocol';
import { ChainError } from '../chain-error.ts';
import { clear, raise } from './alerts.ts';
import type { LogSource } from './log-source.ts';
import type { MonitorState, MonitoredAnchor, MonitoredKey, MonitoredLog } from './monitor-state.ts';

/** How long what must happen may take, Unix ms of the monitor's clock. */
export type Patience = { silenceMs: number; lateAnchorMs: number };

/** Entries of one log that are read in one round: the rest follows with the next, and other logs have their turn. */
const entriesARound = 100_000;
/** Some 50 KB of one log. */
const keptNotes = 256;

type Found = { kind: 'EQUIVOCATION' | 'ROOT_MISMATCH' | 'SIGNATURE' | 'REVOKED_KEY'; subject: string } & {
  detail: Record<string, string | number>;
};

/**
 * Rechecks one log from what anybody can read: every anchored root and the served checkpoint's against the root of the
 * entries, and every signature against the registry's keys of the log.
 * @param maxEntries that are read for the anchors, and as many for the served checkpoint
 * @returns the alerts that are new
 */
export async function checkLog(
  state: MonitorState,
  logId: string,
  source: LogSource,
  patience: Patience,
  nowMs: number,
  maxEntries = entriesARound,
): Promise<Found[]> {
  const log = state.logs[logId]!;
  const found: Found[] = [];
  const say = (one: Found): void => {
    if (raise(state, { logId, ...one }, nowMs)) found.push(one);
  };
  let served: Checkpoint | undefined;
  try {
    const note = await source.checkpoint(logId);
    served = parseNote(note, logId, say);
    if (served !== undefined) {
      judgeSigner(log, served, note, say);
      await checkAnchors(log, logId, source, served, note, maxEntries, say);
      await checkServed(log, logId, source, served, note, maxEntries, nowMs, say);
    }
  } catch (error) {
    if (!(error instanceof ChainError)) throw error; // it does not answer, which is SILENCE after a while
  }
  judgeTime(state, logId, served, patience, nowMs);
  return found;
}

function parseNote(note: string, logId: string, say: (found: Found) => void): Checkpoint | undefined {
  try {
    const checkpoint = parseCheckpoint(note);
    if (logIdHex(checkpoint.origin) === logId) return checkpoint;
    say({ kind: 'SIGNATURE', subject: 'origin', detail: { note, origin: checkpoint.origin } });
  } catch (error) {
    say({ kind: 'SIGNATURE', subject: 'malformed', detail: { note, why: (error as Error).message } });
  }
  return undefined;
}

/** Entries from a range on, until a size, folded into a copy of it. */
async function extend(
  range: CompactRange,
  size: number,
  logId: string,
  source: LogSource,
  servedSize: number,
): Promise<CompactRange> {
  const grown: CompactRange = { size: range.size, nodes: [...range.nodes] };
  while (grown.size < size) {
    const bundle = Math.floor(grown.size / tileWidth);
    const first = bundle * tileWidth;
    const entries = await source.entries(logId, bundle, servedSize);
    for (const entry of entries.slice(grown.size - first, size - first))
      appendToRange(grown, leafHash(entry));
  }
  return grown;
}

async function checkAnchors(
  log: MonitoredLog,
  logId: string,
  source: LogSource,
  served: Checkpoint,
  note: string,
  maxEntries: number,
  say: (found: Found) => void,
): Promise<void> {
  let left = maxEntries;
  for (const anchor of log.anchors) {
    if (anchor.verified || anchor.size > served.size) continue;
    if (anchor.size < log.anchored.size) log.anchored = { size: 0, nodes: [] };
    const missing = anchor.size - log.anchored.size;
    if (missing > left) {
      // The way there is walked over several rounds: what is read so far is kept, and the next round goes on from it.
      log.anchored = await extend(log.anchored, log.anchored.size + left, logId, source, served.size);
      return;
    }
    left -= missing;
    const range = await extend(log.anchored, anchor.size, logId, source, served.size);
    const head = { origin: served.origin, size: anchor.size, root: anchor.root };
    const signer = log.keys.find((key) =>
      verifyEd25519(key.publicKey, utf8ToBytes(checkpointText(head)), anchor.signature),
    );
    if (signer === undefined) {
      say({ kind: 'SIGNATURE', subject: `anchor/${anchor.size}`, detail: describe(anchor) });
    } else {
      const anchored = assembleCheckpoint(head, signer.publicKey, anchor.signature);
      if (!equalBytes(rangeRoot(range), anchor.root)) {
        const detail = { ...describe(anchor), anchored, served: note };
        say({ kind: 'EQUIVOCATION', subject: `anchor/${anchor.size}/${encodeBase64(anchor.root)}`, detail });
      }
      judgeKey(signer, anchor.size, { anchored, blockNumber: anchor.blockNumber }, say, anchor.blockNumber);
    }
    anchor.verified = true;
    log.anchorsVerified += 1;
    log.anchored = range;
  }
}

async function checkServed(
  log: MonitoredLog,
  logId: string,
  source: LogSource,
  served: Checkpoint,
  note: string,
  maxEntries: number,
  nowMs: number,
  say: (found: Found) => void,
): Promise<void> {
  log.origin = served.origin;
  const subject = `${served.size}/${encodeBase64(served.root)}`;
  const before = log.notes?.find(({ size }) => size === served.size);
  if (before !== undefined && !equalBytes(before.root, served.root)) {
    say({ kind: 'EQUIVOCATION', subject, detail: { size: served.size, served: note, before: before.note } });
    return;
  }
  if (served.size < log.tip.size) return; // an older one, of a cache: a smaller log is told by SILENCE
  if (served.size > log.tip.size + maxEntries) {
    log.tip = await extend(log.tip, log.tip.size + maxEntries, logId, source, served.size);
    return;
  }
  const grown = await extend(log.tip, served.size, logId, source, served.size);
  if (!equalBytes(rangeRoot(grown), served.root)) {
    const isFork = log.note !== undefined && (await isWhole(logId, source, served, maxEntries));
    const detail = { size: served.size, served: note, ...(log.note !== undefined && { before: log.note }) };
    say({ kind: isFork ? 'EQUIVOCATION' : 'ROOT_MISMATCH', subject, detail });
    return;
  }
  if (served.size > log.tip.size) {
    log.grewAt = nowMs;
    log.notes = [...(log.notes ?? []), { size: served.size, root: served.root, note }].slice(-keptNotes);
  }
  log.tip = grown;
  log.note = note;
}

/**
 * Whether all that is served has the root of its checkpoint. Where it does not grow out of what was checked, it is then another
 * history, with a signed note of each; else the server gives wrong entries. Read from the first entry, and so up to a bound.
 */
async function isWhole(
  logId: string,
  source: LogSource,
  served: Checkpoint,
  maxEntries: number,
): Promise<boolean> {
  if (served.size > maxEntries) return false;
  const whole = await extend({ size: 0, nodes: [] }, served.size, logId, source, served.size);
  return equalBytes(rangeRoot(whole), served.root);
}

function judgeSigner(log: MonitoredLog, served: Checkpoint, note: string, say: (found: Found) => void): void {
  const text = utf8ToBytes(served.text);
  const signer = log.keys.find(({ publicKey }) => {
    const line = logSignature(served, publicKey);
    return line !== undefined && verifyEd25519(publicKey, text, line.bytes);
  });
  if (signer === undefined) {
    say({ kind: 'SIGNATURE', subject: `served/${served.size}`, detail: { size: served.size, note } });
  } else judgeKey(signer, served.size, { served: note }, say);
}

/**
 * Whether a checkpoint is beyond what a revoked key counts for: the index that the registrar named, else the size that was
 * anchored at the revocation. An anchor from before the revocation is not used after it.
 */
function judgeKey(
  { publicKey, revoked, cuts }: MonitoredKey,
  size: number,
  detail: Record<string, string | number>,
  say: (found: Found) => void,
  blockNumber?: number,
): void {
  if (revoked === undefined || (blockNumber !== undefined && blockNumber <= revoked.blockNumber)) return;
  const from = cuts.length > 0 ? Math.min(...cuts.map(({ fromIndex }) => fromIndex)) : revoked.anchoredSize;
  if (size <= from) return;
  say({
    kind: 'REVOKED_KEY',
    subject: `${bytesToHex(publicKey)}/${size}`,
    detail: {
      publicKey: bytesToHex(publicKey),
      size,
      countsUpTo: from,
      revokedInBlock: revoked.blockNumber,
      ...detail,
    },
  });
}

function describe({ size, root, blockNumber, blockTime }: MonitoredAnchor): Record<string, string | number> {
  return { size, root: encodeBase64(root), blockNumber, blockTime };
}

/** What should have happened by now. A log that was closed owes nothing. */
function judgeTime(
  state: MonitorState,
  logId: string,
  served: Pick<Checkpoint, 'size'> | undefined,
  { silenceMs, lateAnchorMs }: Patience,
  nowMs: number,
): void {
  const log = state.logs[logId]!;
  const anchoredSize = log.anchors.at(-1)?.size ?? 0;
  const servedSize = served?.size ?? log.tip.size;
  // A busy log is always ahead of its anchor: what counts is that neither stands still.
  const anchorGrew = anchoredSize !== log.seenSizes.anchored;
  const servedGrew = servedSize !== log.seenSizes.served;
  log.seenSizes = { anchored: anchoredSize, served: servedSize };
  if (servedSize <= anchoredSize) delete log.unanchoredSince;
  else if (anchorGrew || log.unanchoredSince === undefined) log.unanchoredSince = nowMs;
  if (anchoredSize <= servedSize) delete log.withheldSince;
  else if (servedGrew || log.withheldSince === undefined) log.withheldSince = nowMs;

  const lasts = (
    kind: 'SILENCE' | 'LATE_ANCHOR' | 'WITHHELD',
    since: number | undefined,
    limitMs: number,
  ): void => {
    if (!log.closed && since !== undefined && nowMs - since >= limitMs) {
      const detail = { servedSize, anchoredSize, sinceMs: since };
      raise(state, { kind, logId, subject: String(since), detail }, nowMs);
    } else clear(state, kind, logId, nowMs);
  };
  lasts('SILENCE', log.grewAt, silenceMs);
  lasts('LATE_ANCHOR', log.unanchoredSince, lateAnchorMs);
  lasts('WITHHELD', log.withheldSince, lateAnchorMs);
}
