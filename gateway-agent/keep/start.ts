import { GatewayError } from '../gateway-error.ts';
import { type Store, readSetting, writeSetting } from './store.ts';

/**
 * A log has one origin for ever; another one in the configuration would sign a foreign history.
 * @throws GatewayError CONFIG; SUCCESSOR where another log took over
 */
export function checkOrigin(store: Store, origin: string): void {
  const successor = readSetting(store, 'successor');
  if (successor !== undefined) {
    throw new GatewayError(
      'SUCCESSOR',
      `the log in this store was closed, and ${successor} took over what it held: run the gateway with that one's ` +
        'configuration and directory. What this store took now would be lost',
    );
  }
  const known = readSetting(store, 'origin');
  if (known === undefined) return writeSetting(store, 'origin', origin);
  if (known !== origin) {
    throw new GatewayError(
      'CONFIG',
      `this store holds the log of ${known}, the configuration says ${origin}`,
    );
  }
}

/** @returns how often a gateway has started on this store, this time included */
export function countBoot(store: Store): number {
  const boot = Number(readSetting(store, 'boot') ?? 0) + 1;
  writeSetting(store, 'boot', String(boot));
  return boot;
}
