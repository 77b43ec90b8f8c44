import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../gateway-error.ts';
import { keyFileName } from '../log/gateway-key.ts';
import { newestAside, unsalvagedAside } from './set-aside.ts';
import { type Store, openStore, storeFile } from './store.ts';

/**
 * Opens the store for a command, beside an agent that may be running. In an empty directory it makes one; where a gateway
 * was, it does not: an empty store in place of one that is being salvaged, or that was lost, would pass for it.
 * @throws GatewayError STORE_FAILED, naming what is there
 */
export function openBeside(dataDir: string): Store {
  if (!existsSync(join(dataDir, storeFile))) {
    const aside = newestAside(dataDir);
    if (aside !== undefined) throw isBeingSalvaged(dataDir, aside);
    if (existsSync(join(dataDir, keyFileName))) {
      throw new GatewayError(
        'STORE_FAILED',
        `${dataDir} has a ${keyFileName} and no ${storeFile}: start the agent first where the key is a new one; where it is not, ` +
          'the store is lost, and belongs back from your newest backup',
      );
    }
    return openStore(dataDir);
  }
  const store = openStore(dataDir);
  try {
    const aside = unsalvagedAside(dataDir, store);
    if (aside !== undefined) throw isBeingSalvaged(dataDir, aside);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

function isBeingSalvaged(dataDir: string, aside: string): GatewayError {
  return new GatewayError(
    'STORE_FAILED',
    `the store in ${dataDir} is being salvaged from ${aside}: try again when the agent is up, or start it where it is not`,
  );
}
