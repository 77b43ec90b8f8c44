import { GatewayError } from '../gateway-error.ts';
import { requireNotHeld } from '../keep/salvage.ts';
import { openBeside } from '../keep/open-beside.ts';
import { type Store, readSetting } from '../keep/store.ts';
import { type SignedHead, openCheckpoints } from './checkpoints.ts';
import { loadGatewayKey } from './gateway-key.ts';
import { type Log, openLog } from './log.ts';
import { loadNativeCrypto } from './native-crypto.ts';
import { openRestoration } from './restoration.ts';

/** A gateway's log as a command sees it, beside an agent that may be running. */
export type StoredLog = {
  origin: string;
  store: Store;
  log: Log;
  /** The signed checkpoint at a size that the log has reached. */
  checkpointAt: (size: number) => SignedHead;
  close: () => void;
};

/** @throws GatewayError where there is no log, or its key or store cannot be used */
export async function openStoredLog(dataDir: string): Promise<StoredLog> {
  const store = openBeside(dataDir);
  try {
    const origin = readSetting(store, 'origin');
    if (origin === undefined) {
      throw new GatewayError('CONFIG', `the gateway in ${dataDir} has never run: it has no log yet`);
    }
    const key = loadGatewayKey(dataDir, store);
    const crypto = await loadNativeCrypto();
    // Nobody writes meanwhile: a head that the agent signs in between would be ahead of the log as it was read here.
    const alone = <T>(work: () => T): T => store.sqlite.transaction(work).immediate();
    const { log, checkpoints } = alone(() => {
      const opened = openLog(store);
      const restoration = openRestoration(store, opened, { origin, links: [] });
      const requireProven = (): void => {
        requireNotHeld(store);
        restoration.requireProven();
      };
      const sign = (text: Uint8Array) => crypto.sign(key.secretKey, key.publicKey, text);
      return {
        log: opened,
        checkpoints: openCheckpoints(store, opened, { origin, key, sign, now: Date.now, requireProven }),
      };
    });
    return {
      origin,
      store,
      log,
      checkpointAt: (size) =>
        alone(() => {
          log.restore();
          return checkpoints.at(size);
        }),
      close: store.close,
    };
  } catch (error) {
    store.close();
    throw error;
  }
}
