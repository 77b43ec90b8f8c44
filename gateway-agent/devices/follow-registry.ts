import { type FollowStep, followAnchors, openNode, readDeployment, readRevocations } from '@tianyuan/chain';
import { bytesToHex } from '@tianyuan/protocol';
import type { Logger } from 'pino';
import { retryForEver } from '../deliver/backoff.ts';
import type { RegistryCopy } from './registry-copy.ts';

/** A revocation is no emergency that half a minute makes worse, and a link may be paid by the megabyte. */
const defaultPollMs = 5_000;
/** A node that is merely away is waited for by `followAnchors` itself. Failures are counted for as long as the process runs. */
const restart = { initialMs: 5_000, maxMs: 60_000 };

/**
 * Keeps the copy of DeviceRegistry up to date for as long as the process runs: over outages, over a chain that goes back,
 * and over a local chain that was replaced.
 *
 * @param apply takes each step over, with the first entry of this log that does not count of each key that it revokes
 */
export async function followRegistry(options: {
  rpcUrl: string;
  deploymentFile: string;
  logId: string;
  copy: RegistryCopy;
  signal: AbortSignal;
  logger: Logger;
  apply: (step: FollowStep, registry: string, ends: ReadonlyMap<string, number>) => void;
  /** told why following failed: it may be the store */
  onFault?: ((error: unknown) => void) | undefined;
  pollMs?: number | undefined;
}): Promise<void> {
  const { rpcUrl, deploymentFile, logId, copy, signal, logger, apply, pollMs = defaultPollMs } = options;

  async function followOnce(): Promise<void> {
    const deployment = await readDeployment(deploymentFile);
    const registry = `${deployment.genesisHash} ${deployment.deviceRegistry.address}`;
    const node = openNode({ rpcUrl, chainId: deployment.chainId });
    try {
      const steps = followAnchors({
        rpcUrl,
        deployment,
        cursor: copy.cursor(registry),
        signal,
        pollMs,
        onOutage: (error, retryInMs) =>
          logger.debug(
            { err: error, retryInMs: Math.round(retryInMs) },
            'the registry cannot be followed now',
          ),
      });
      for await (const step of steps) {
        const ends = await readEnds(step, (publicKey) =>
          readRevocations(node, deployment, publicKey, [logId]).then(([end]) => end?.fromIndex),
        );
        apply(step, registry, ends);
        if (step.kind === 'rollback')
          logger.warn({ toBlock: step.toBlock }, 'the chain went back, and its keys with it');
      }
    } finally {
      node.close();
    }
  }

  const onFailure = (error: unknown, delayMs: number): void => {
    options.onFault?.(error);
    logger.warn(
      { err: error, retryInMs: Math.round(delayMs) },
      'following the registry failed and begins again',
    );
  };
  try {
    while (!signal.aborted) await retryForEver(followOnce, signal, onFailure, restart);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Where each key that is revoked in this step ends in this gateway's log: an event of a revocation does not say. */
async function readEnds(
  step: FollowStep,
  readEnd: (publicKey: Uint8Array) => Promise<number | undefined>,
): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  if (step.kind === 'rollback') return ends;
  for (const event of step.events) {
    if (event.kind !== 'KeyRevoked' || event.subjectKind !== 'device') continue;
    // Undefined where the chain has gone back meanwhile: the next step says so.
    const end = await readEnd(event.publicKey);
    if (end !== undefined) ends.set(bytesToHex(event.publicKey), end);
  }
  return ends;
}
