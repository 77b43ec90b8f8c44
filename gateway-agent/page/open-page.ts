import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Intake } from '../accept/intake.ts';
import { reEvaluate } from '../accept/re-evaluate.ts';
import type { VerifyPool } from '../accept/verify-pool.ts';
import type { Config } from '../config.ts';
import { approveShown } from '../devices/approve-shown.ts';
import type { DeviceRegister } from '../devices/device-register.ts';
import type { Farm } from '../farm.ts';
import type { Quarantine } from '../keep/quarantine.ts';
import type { Store } from '../keep/store.ts';
import type { Clock } from '../log/clock.ts';
import type { Status } from '../observe/status.ts';
import type { PageData } from './page-data.ts';
import { readPasswordHash } from './password.ts';
import { pageDataReader } from './read-page-data.ts';
import { pageRoutes } from './routes.ts';
import { newSetUpCode } from './set-up-code.ts';

/** The owner's page over the running agent. Tells the log the setup code, as long as there is no password. */
export function openPage(deps: {
  config: Config;
  store: Store;
  farm: Farm;
  quarantine: Quarantine;
  pool: VerifyPool;
  register: DeviceRegister;
  intake: Intake;
  clock: Clock;
  status: () => Status;
  version: string;
  rssi: (device: string) => number | undefined;
  logger: Logger;
}): { routes: Hono; read: () => PageData } {
  const { config, store, clock, logger } = deps;
  const setUpCode = newSetUpCode();
  if (readPasswordHash(store) === undefined)
    logger.warn({ setUpCode }, 'the status page has no password yet; set one there with this setup code');
  const read = pageDataReader(deps);
  const routes = pageRoutes({
    store,
    setUpCode,
    read,
    reEvaluate: (id) => reEvaluate(id, deps),
    approve: (device, fingerprint) => approveShown(config.dataDir, device, fingerprint, clock.now()),
    sinceBootMs: clock.sinceBootMs,
    isTls: config.http.tls !== undefined,
  });
  return { routes, read };
}
