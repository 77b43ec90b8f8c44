import type { ChainEvent } from '@tianyuan/chain';
import { bytesToHex, encodeBase64, logIdHex } from '@tianyuan/protocol';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { readAccountKey } from '../deliver/account-key.ts';
import type { Store } from '../keep/store.ts';
import type { Statement } from '../log/statement.ts';
import { openRegistrationQueue } from './registration-queue.ts';
import { openRegistryCopy } from './registry-copy.ts';

/** Where this gateway's devices stand on the chain. */
export type RegistryStatus = {
  /** the newest block that was looked at; undefined before the first, or without a chain */
  block: number | undefined;
  /** what the registry does not show yet of what this gateway's owner decided */
  pending: { kind: string; device: string; key: number; trouble: string | null }[];
};

export type Registry = {
  status: () => RegistryStatus;
  /** follows, and tells where there is a registrar; resolves when the signal has stopped both */
  run: (signal: AbortSignal) => Promise<void>;
};

/**
 * DeviceRegistry as this gateway sees it. Without a chain in the configuration wishes are kept and nothing is followed.
 * @param options.keepStatement logs that a revocation was learnt of: what came before that entry is suspect at most
 */
export function openRegistry(
  store: Store,
  { chain, origin }: Pick<Config, 'chain' | 'origin'>,
  options: {
    onKeysChanged: () => void;
    /** makes what is done inside, statements included, one transaction */
    together: <T>(work: () => T) => T;
    keepStatement: (statement: Statement) => void;
    onFault?: (error: unknown) => void;
    logger: Logger;
    pollMs?: number | undefined;
  },
): Registry {
  const { onKeysChanged, together, keepStatement, onFault, logger, pollMs } = options;
  const logId = logIdHex(origin);
  const copy = openRegistryCopy(store, logId);
  const queue = openRegistrationQueue(store, logger, origin, onFault);
  const isOurs = store.sqlite.prepare('SELECT 1 FROM device_keys WHERE public_key = ?').pluck();
  const registrarKey = chain?.registrarKey === undefined ? undefined : readAccountKey(chain.registrarKey);

  const learn = (event: ChainEvent, ends: ReadonlyMap<string, number>): void => {
    if (event.kind !== 'KeyRevoked' || isOurs.get(Buffer.from(event.publicKey)) === undefined) return;
    const publicKey = encodeBase64(event.publicKey);
    const fromIndex = ends.get(bytesToHex(event.publicKey));
    logger.warn({ publicKey, fromIndex }, 'the registry has revoked a key');
    keepStatement({ statement: 'revocation', publicKey, ...(fromIndex !== undefined && { fromIndex }) });
  };

  return {
    status: () => ({ block: copy.block(), pending: queue.pending() }),
    async run(signal) {
      if (chain === undefined) return;
      // What speaks with a chain is 8 MB of heap that a gateway without one need not have.
      const { followRegistry } = await import('./follow-registry.ts');
      const { rpcUrl, deployment: deploymentFile } = chain;
      const following = followRegistry({
        rpcUrl,
        deploymentFile,
        logId,
        copy,
        signal,
        logger,
        apply(step, registry, ends) {
          const adopted = together(() => {
            const changed = copy.apply(step, registry, ends);
            if (step.kind === 'events') step.events.forEach((event) => learn(event, ends));
            return changed;
          });
          if (adopted || step.kind === 'rollback' || step.events.some(({ kind }) => kind.startsWith('Key')))
            onKeysChanged();
        },
        onFault,
        pollMs,
      });
      if (registrarKey === undefined) return following;
      const { openRegistrar, readDeployment } = await import('@tianyuan/chain');
      // Its devices are of the organisation that its log is of.
      const keysOf = { ofLog: origin };
      const connect = async () =>
        openRegistrar({ rpcUrl, deployment: await readDeployment(deploymentFile), registrarKey, keysOf });
      await Promise.all([following, queue.run(connect, signal)]);
    },
  };
}
