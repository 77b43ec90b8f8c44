import { setTimeout as delay } from 'node:timers/promises';
import {
  type ChainNode,
  type Cursor,
  type Deployment,
  type FollowStep,
  cursorSchema,
  followAnchors,
  openNode,
  readDeployment,
} from '@tianyuan/chain';
import type { Database, Logger, Queries } from '@tianyuan/platform';
import { canonicalize } from '@tianyuan/protocol';
import { eq } from 'drizzle-orm';
import { chainCursor } from '../database/schema.ts';
import { applyKeyEvent, rewindKeys } from '../keys/apply-key-event.ts';
import { applyAnchor, rewindAnchors } from './apply-anchor.ts';
import { applyClosure, rewindClosures } from './apply-closure.ts';

export type ChainAddress = { rpcUrl: string; deploymentFile: string };

export type ChainFollower = {
  /** why nothing can be followed at present, outages of the node aside; undefined while all is well */
  trouble: () => string | undefined;
  /** what is followed; undefined before the deployment record could be read */
  followed: () => Followed | undefined;
  /** resolves when the signal has stopped it */
  run: (signal: AbortSignal) => Promise<void>;
};

/** The contracts that are followed, and a node of their chain. */
export type Followed = { deployment: Deployment; node: ChainNode };

const restartMs = 2_000;
const cursorId = 1;

/** A cursor is of one chain and of these contracts on it. */
type Stored = { cursor: Cursor; anchorLog: string; deviceRegistry: string };

/**
 * Repeats in the mirror what both contracts say, each step in one transaction with the cursor after it, for as long as
 * the process runs: over outages, over reorganisations, and over a local chain that was replaced. Several processes on
 * one database follow side by side: a step counts only if the cursor is still where it began.
 *
 * @param onChange called after every step, when anchors or keys may have changed
 */
export function chainFollower(
  database: Database,
  { rpcUrl, deploymentFile }: ChainAddress,
  logger: Logger,
  onChange: () => void,
): ChainFollower {
  let trouble: string | undefined;
  let followed: Followed | undefined;

  async function followOnce(signal: AbortSignal): Promise<void> {
    const deployment = await readDeployment(deploymentFile);
    followed?.node.close();
    followed = { deployment, node: openNode({ rpcUrl, chainId: deployment.chainId }) };
    const stored = await readCursor(database.queries);
    const foreign = stored !== undefined && !isOf(stored, deployment);
    if (foreign) await database.transaction((tx) => rewind(tx, -1));
    let expected = foreign ? undefined : stored?.cursor;
    const steps = followAnchors({
      rpcUrl,
      deployment,
      cursor: expected,
      signal,
      onOutage: (error, retryInMs) => logger.warn({ err: error, retryInMs }, 'the chain does not answer'),
    });
    trouble = undefined;
    for await (const step of steps) {
      const kept = await database.transaction((tx) => keepStep(tx, step, expected, deployment));
      if (!kept) return; // another process was quicker: begin again where it is
      if (step.kind === 'rollback')
        logger.warn({ toBlock: step.toBlock }, 'the chain went back; anchors above are taken back');
      expected = step.cursor;
      onChange();
    }
  }

  return {
    trouble: () => trouble,
    followed: () => followed,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await followOnce(signal);
        } catch (error) {
          if (signal.aborted) return;
          trouble = (error as Error).message;
          logger.error({ err: error }, 'following the chain failed and begins again');
          await delay(restartMs, undefined, { signal }).catch(() => {});
        }
      }
      followed?.node.close();
    },
  };
}

/** @returns false where the stored cursor is not the one that the step began from */
async function keepStep(
  tx: Queries,
  step: FollowStep,
  expected: Cursor | undefined,
  deployment: Deployment,
): Promise<boolean> {
  const stored = await readCursor(tx, true);
  const unchanged =
    stored === undefined || !isOf(stored, deployment)
      ? expected === undefined
      : expected !== undefined && canonicalize(stored.cursor) === canonicalize(expected);
  if (!unchanged) return false;
  if (step.kind === 'rollback') await rewind(tx, step.toBlock);
  else await applyEvents(tx, step, deployment);
  const { anchorLog, deviceRegistry } = deployment;
  const next: Stored = {
    cursor: step.cursor,
    anchorLog: anchorLog.address,
    deviceRegistry: deviceRegistry.address,
  };
  await tx
    .insert(chainCursor)
    .values({ id: cursorId, cursor: next })
    .onConflictDoUpdate({ target: chainCursor.id, set: { cursor: next } });
  return true;
}

async function applyEvents(
  tx: Queries,
  { events }: Extract<FollowStep, { kind: 'events' }>,
  deployment: Deployment,
): Promise<void> {
  for (const event of events) {
    switch (event.kind) {
      case 'Appended':
        await applyAnchor(tx, event, deployment);
        break;
      case 'KeyEnrolled':
      case 'KeyRotated':
      case 'KeyRevoked':
      case 'KeyCut':
        await applyKeyEvent(tx, event);
        break;
      case 'LogClosed':
        await applyClosure(tx, event);
        break;
      case 'LogOpened':
        break;
      default:
        event satisfies never;
    }
  }
}

async function rewind(tx: Queries, toBlock: number): Promise<void> {
  await rewindAnchors(tx, toBlock);
  await rewindKeys(tx, toBlock);
  await rewindClosures(tx, toBlock);
}

async function readCursor(queries: Queries, lock = false): Promise<Stored | undefined> {
  const query = queries.select().from(chainCursor).where(eq(chainCursor.id, cursorId));
  const [row] = await (lock ? query.for('update') : query);
  if (row === undefined) return undefined;
  const stored = row.cursor as Stored;
  return { ...stored, cursor: cursorSchema.parse(stored.cursor) };
}

function isOf(stored: Stored, { anchorLog, deviceRegistry }: Deployment): boolean {
  return stored.anchorLog === anchorLog.address && stored.deviceRegistry === deviceRegistry.address;
}
