import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment } from '../deployment.ts';
import { type FollowStep, followAnchors } from '../follow.ts';
import { openNode } from '../node.ts';
import { clear, raise } from './alerts.ts';
import { applyEvent, rollBack } from './apply-chain.ts';
import { type Patience, checkLog } from './check-log.ts';
import type { LogSource } from './log-source.ts';
import { type MonitorState, readState, writeState } from './monitor-state.ts';
import { type MonitorReport, reportOf } from './report.ts';

export type MonitorOptions = {
  rpcUrl: string;
  deployment: Deployment;
  source: LogSource;
  stateFile: string;
  patience: Patience;
  /** between two looks at every log, default 10 s */
  everyMs?: number;
  /** how often a chain without news is asked, default 500 ms */
  pollMs?: number;
  signal: AbortSignal;
  now?: () => number;
  /** after every round, when the state has been written */
  onReport: (report: MonitorReport) => void | Promise<void>;
  /** told of each alert once, when it is new */
  onAlert?: (line: string) => void;
  onOutage?: (error: unknown) => void;
};

/**
 * Follows the contracts and every log that they know, until the signal aborts. One round: all that the chain says by now,
 * then each log. What was found is written after each round, so that a restart goes on where it was.
 * @throws ChainError STATE_UNREADABLE, and what following the chain throws where it was replaced
 */
export async function runMonitor(options: MonitorOptions): Promise<void> {
  const { signal, now = Date.now, everyMs = 10_000 } = options;
  const state = await readState(options.stateFile);
  const chain = followChain(options, state);
  try {
    while (!signal.aborted) {
      const why = await chain.catchUp();
      if (why === undefined) clear(state, 'CHAIN_UNREACHABLE', ofTheChain, now());
      else if (raise(state, unreachable(why), now())) options.onAlert?.(`CHAIN_UNREACHABLE ${why}`);
      for (const logId of Object.keys(state.logs)) {
        if (signal.aborted) return;
        for (const { kind, detail } of await checkLog(
          state,
          logId,
          options.source,
          options.patience,
          now(),
        )) {
          options.onAlert?.(`${kind} ${state.logs[logId]?.origin ?? logId} ${JSON.stringify(detail)}`);
        }
      }
      await writeState(options.stateFile, state);
      await options.onReport(reportOf(state, now()));
      await Promise.race([delay(everyMs, undefined, { signal }).catch(() => {}), chain.ended]);
    }
  } finally {
    chain.close();
  }
}

/** Where an alert is about no log. */
const ofTheChain = '';

const unreachable = (why: string) =>
  ({ kind: 'CHAIN_UNREACHABLE', logId: ofTheChain, subject: 'node', detail: { why } }) as const;

/**
 * The follower runs beside the rounds and leaves its steps in a queue; a round takes what is there. Before the first round
 * it is waited for until it has reached the block that was the newest when it began.
 */
function followChain(options: MonitorOptions, state: MonitorState) {
  const { rpcUrl, deployment, signal, now = Date.now, pollMs = 500, onOutage } = options;
  const stop = new AbortController();
  const steps: FollowStep[] = [];
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => {};

  async function follow(): Promise<void> {
    const following = followAnchors({
      rpcUrl,
      deployment,
      cursor: state.cursor,
      pollMs,
      signal: AbortSignal.any([signal, stop.signal]),
      ...(onOutage && { onOutage: (error: unknown) => onOutage(error) }),
    });
    for await (const step of following) {
      steps.push(step);
      wake();
    }
  }
  const ended = follow().catch((error: unknown) => {
    failure = { error };
    wake();
  });

  /** Or why the node does not say it. The follower waits for it in any case. */
  async function newestBlock(): Promise<number | string> {
    const node = openNode({ rpcUrl, chainId: deployment.chainId });
    try {
      return await node.ask((provider) => provider.getBlockNumber());
    } catch (error) {
      return (error as Error).message;
    } finally {
      node.close();
    }
  }

  return {
    ended,
    close: () => stop.abort(),
    /** Applies all steps up to what is the newest block now. @returns why the node did not say which that is */
    async catchUp(): Promise<string | undefined> {
      const newest = await newestBlock();
      for (;;) {
        if (failure !== undefined) throw failure.error;
        for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
          if (step.kind === 'rollback') rollBack(state, step.toBlock);
          else for (const event of step.events) applyEvent(state, event, now());
          state.cursor = step.cursor;
        }
        if (typeof newest === 'string') return newest;
        if (signal.aborted || (state.cursor?.recent[0]?.number ?? -1) >= newest) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
          setTimeout(resolve, 2 * pollMs).unref();
        });
        const then = await newestBlock();
        if (typeof then === 'string') return then;
        if (then < newest) return undefined; // the chain went back: with the next round
      }
    },
  };
}
