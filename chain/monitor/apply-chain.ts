import { equalBytes } from '@tianyuan/protocol';
import type { ChainEvent } from '../chain-event.ts';
import type { MonitorState, MonitoredLog } from './monitor-state.ts';

/** Verified anchors of a log that are kept for a chain that goes back; older ones are only counted. */
const keptAnchors = 200;

/** What the contracts say, put into the state. Events come in the chain's order, each once. */
export function applyEvent(state: MonitorState, event: ChainEvent, nowMs: number): void {
  switch (event.kind) {
    case 'LogOpened':
      logOf(state, event.logId, event.blockNumber, nowMs);
      return;
    case 'LogClosed': {
      const log = logOf(state, event.logId, event.blockNumber, nowMs);
      log.closed = true;
      log.closedBlock = event.blockNumber;
      return;
    }
    case 'Appended': {
      const log = logOf(state, event.logId, event.blockNumber, nowMs);
      const { size, root, signature, blockNumber, blockTime } = event;
      log.anchors.push({ size, root, signature, blockNumber, blockTime, verified: false });
      trim(log);
      return;
    }
    case 'KeyEnrolled': {
      if (event.subjectKind !== 'log') return;
      const { publicKey, blockNumber } = event;
      logOf(state, event.subject, blockNumber, nowMs).keys.push({ publicKey, blockNumber, cuts: [] });
      return;
    }
    case 'KeyRevoked': {
      const log = event.subjectKind === 'log' ? state.logs[event.subject] : undefined;
      const key = log?.keys.find(({ publicKey }) => equalBytes(publicKey, event.publicKey));
      const anchoredSize = log?.anchors.at(-1)?.size ?? 0;
      if (key !== undefined) key.revoked = { blockNumber: event.blockNumber, anchoredSize };
      return;
    }
    case 'KeyCut': {
      const { fromIndex, blockNumber } = event;
      const key = state.logs[event.logId]?.keys.find(({ publicKey }) =>
        equalBytes(publicKey, event.publicKey),
      );
      key?.cuts.push({ fromIndex, blockNumber });
      return;
    }
    case 'KeyRotated':
      return; // the new key's enrolment is an event of its own; the old one counts on
    default:
      // Events that later releases of the contracts bring are none of this monitor's concern.
      return;
  }
}

/** The chain went back: what blocks above said is no more. `toBlock` is -1 where it is another chain. */
export function rollBack(state: MonitorState, toBlock: number): void {
  for (const [logId, log] of Object.entries(state.logs)) {
    if (log.openedBlock > toBlock) {
      delete state.logs[logId];
      continue;
    }
    if (log.closedBlock !== undefined && log.closedBlock > toBlock) {
      log.closed = false;
      delete log.closedBlock;
    }
    const stays = ({ blockNumber }: { blockNumber: number }) => blockNumber <= toBlock;
    const gone = log.anchors.filter((anchor) => !stays(anchor) && anchor.verified).length;
    log.anchorsVerified -= gone;
    log.anchors = log.anchors.filter(stays);
    // The next anchor may be at a smaller size than the one that is gone.
    if (gone > 0) log.anchored = { size: 0, nodes: [] };
    log.keys = log.keys.filter(stays);
    for (const key of log.keys) {
      if (key.revoked !== undefined && !stays(key.revoked)) delete key.revoked;
      key.cuts = key.cuts.filter(stays);
    }
  }
}

function logOf(state: MonitorState, logId: string, blockNumber: number, nowMs: number): MonitoredLog {
  return (state.logs[logId] ??= {
    openedBlock: blockNumber,
    closed: false,
    keys: [],
    anchors: [],
    anchorsVerified: 0,
    anchored: { size: 0, nodes: [] },
    tip: { size: 0, nodes: [] },
    grewAt: nowMs,
    seenSizes: { anchored: 0, served: 0 },
  });
}

function trim(log: MonitoredLog): void {
  const surplus = log.anchors.filter(({ verified }) => verified).length - keptAnchors;
  if (surplus > 0) log.anchors = log.anchors.slice(surplus);
}
