import { type Deployment, readClosedLog } from '@tianyuan/chain';
import { bytesToHex, encodeEntry, logIdHex, sha256 } from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import { copyAuthority, openHeldStore } from '../keep/carry-over.ts';
import { checkOrigin, countBoot } from '../keep/start.ts';
import { newestAside } from '../keep/set-aside.ts';
import { lockDataDir, openStore } from '../keep/store.ts';
import { systemClock } from './clock.ts';
import { loadGatewayKey } from './gateway-key.ts';
import { openLog } from './log.ts';
import { type Statement, encodeStatement } from './statement.ts';

export type Succession = Extract<Statement, { statement: 'successor' }>['predecessor'];

/**
 * Begins this gateway's log with the statement that it carries on for another one: what the chain says of that log's last
 * head, which nothing can move any more since the log is closed. The log must be empty, and the other one closed in favour
 * of this one.
 *
 * Where the predecessor's store is there and held (salvage.ts), `from` is its directory: its devices and settings come along,
 * and its messages that the last head does not cover are logged again behind the statement.
 * @throws GatewayError SUCCESSOR; STORE_LOCKED while the agent runs on either directory; ChainError where the chain cannot be asked or the log is not closed
 */
export async function succeed(options: {
  dataDir: string;
  origin: string;
  predecessor: string;
  rpcUrl: string;
  deployment: Deployment;
  from?: string | undefined;
}): Promise<Succession & { carriedOver: number }> {
  const { dataDir, origin, predecessor, rpcUrl, deployment, from } = options;
  const unlock = lockDataDir(dataDir);
  if (newestAside(dataDir) !== undefined) {
    unlock();
    throw new GatewayError(
      'SUCCESSOR',
      `a store was set aside in ${dataDir}: a successor begins in an empty directory`,
    );
  }
  const store = openStore(dataDir);
  let held: ReturnType<typeof openHeldStore> | undefined;
  try {
    const log = openLog(store);
    if (log.size() > 0) {
      throw new GatewayError(
        'SUCCESSOR',
        `the log of ${origin} has ${log.size()} entries already, and only its first can say whose successor it is: ` +
          'begin in an empty directory, and do not run the gateway before',
      );
    }
    checkOrigin(store, origin);
    loadGatewayKey(dataDir, store);
    held = from === undefined ? undefined : openHeldStore(from, predecessor);
    const closed = await readClosedLog({ rpcUrl }, deployment, predecessor);
    if (closed.successor !== logIdHex(origin)) {
      throw new GatewayError(
        'SUCCESSOR',
        `${predecessor} was closed in favour of ${closed.successor ?? 'no other log'}, and not of ${origin} ` +
          `(${logIdHex(origin)}): is that the origin that was given to \`chain close-log\`?`,
      );
    }
    const succession: Succession = {
      logId: closed.logId,
      origin: predecessor,
      size: closed.size,
      root: bytesToHex(closed.root),
    };
    const payload = encodeStatement({ statement: 'successor', predecessor: succession });
    const clock = systemClock();
    const entry = encodeEntry({
      kind: 'statement',
      clock: clock.state(),
      receivedAt: clock.now(),
      boot: countBoot(store),
      sinceBootMs: clock.sinceBootMs(),
      payloadHash: sha256(payload),
    });
    if (from !== undefined) copyAuthority(from, dataDir);
    held?.retire(origin);
    const begin = store.sqlite.transaction((): number => {
      log.append(entry, payload, null);
      return held?.carryOver(store, log, closed.size) ?? 0;
    });
    return { ...succession, carriedOver: begin.immediate() };
  } finally {
    held?.close();
    store.close();
    unlock();
  }
}
