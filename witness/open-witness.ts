import { existsSync } from 'node:fs';
import {
  Counter,
  type HttpServer,
  type Logger,
  healthRoutes,
  measureRequests,
  metricsRoute,
  newMetricsRegistry,
  serve,
} from '@tianyuan/platform';
import { encodeBase64, signatureTypes, verifierKey } from '@tianyuan/protocol';
import { Hono } from 'hono';
import { readKey, readLogs } from './files.ts';
import { type StoreOwner, openSqliteStore } from './sqlite-store.ts';
import { WitnessError } from './witness-error.ts';
import { witnessRoutes } from './witness-routes.ts';

export type WitnessOptions = {
  /** the witness's name: a schema-less URL such as `witness.example/w1` */
  name: string;
  keyFile: string;
  logsFile: string;
  /** made with the key, by {@link beginState}: never here, since a state that is gone is the end of its key */
  stateFile: string;
  host: string;
  port: number;
};

export type RunningWitness = { url: string; vkey: string; logs: number; close: () => Promise<void> };

/** A witness as a service of its own. @throws WitnessError, PlatformError */
export async function openWitness(options: WitnessOptions, logger: Logger): Promise<RunningWitness> {
  const key = readKey(options.keyFile, options.name);
  const logs = readLogs(options.logsFile);
  const store = openStore(options.stateFile, key);
  const registry = newMetricsRegistry();
  const answers = new Counter({
    name: 'witness_answers_total',
    help: 'Submitted checkpoints by answer',
    labelNames: ['answer'],
    registers: [registry],
  });
  const misbehaviour = new Counter({
    name: 'witness_misbehaviour_total',
    help: 'Checkpoints that a log signed against what was cosigned of it, each once; each of them wants a person',
    labelNames: ['kind'],
    registers: [registry],
  });
  const vkey = verifierKey(key.name, key.publicKey, signatureTypes.cosignature);
  const app = new Hono();
  app.use(measureRequests(registry));
  app.get('/', (c) => c.text(`${vkey}\n`));
  app.route('/', healthRoutes({}));
  app.route('/', metricsRoute(registry));
  app.route(
    '/',
    witnessRoutes({
      key,
      store,
      keysOf: (origin) => Promise.resolve(logs.get(origin) ?? []),
      onAnswer: (answer) => answers.inc({ answer }),
      onMisbehaviour: (found) => {
        // Once a fork: whoever has the note can send it again for ever.
        if (!store.keep(found, Date.now())) return;
        misbehaviour.inc({ kind: found.kind });
        const { origin, kind, cosigned, note } = found;
        const detail = { origin, kind, size: cosigned.size, root: encodeBase64(cosigned.root), note };
        logger.error({ alarm: true, ...detail }, 'ALARM: a log signed against what was cosigned of it');
      },
    }),
  );
  let server: HttpServer;
  try {
    server = await serve({ fetch: app.fetch, host: options.host, port: options.port });
  } catch (error) {
    store.close();
    throw error;
  }
  return {
    url: server.url,
    vkey,
    logs: logs.size,
    async close() {
      await server.close();
      store.close();
    },
  };
}

/** Makes an empty state for this key where there is no file. @throws WitnessError STATE_UNREADABLE */
export function beginState(stateFile: string, owner: StoreOwner): void {
  if (existsSync(stateFile))
    throw new WitnessError('STATE_UNREADABLE', `${stateFile} is there already: choose a name that is free`);
  try {
    openSqliteStore(stateFile, owner, true).close();
  } catch (cause) {
    throw new WitnessError('STATE_UNREADABLE', `${stateFile} can't be made`, { cause });
  }
}

function openStore(stateFile: string, owner: StoreOwner) {
  try {
    return openSqliteStore(stateFile, owner);
  } catch (cause) {
    throw new WitnessError(
      'STATE_UNREADABLE',
      `${stateFile} is not the state of the witness ${owner.name}: ${(cause as Error).message}. A witness whose state is lost ` +
        'must not go on under its key, since it would cosign a second history: make a new key and name with `witness key`',
      { cause },
    );
  }
}
