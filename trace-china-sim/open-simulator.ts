import { serve } from '@tianyuan/platform';
import { Hono } from 'hono';
import { adminRoutes } from './admin-routes.ts';
import { openHome } from './home.ts';
import { type Env, platformRoutes } from './platform-routes.ts';
import { newPlatformState, publishClientKit } from './platform-state.ts';
import type { Algorithm, Encoding } from './signing.ts';

export type SimulatorOptions = {
  home: string;
  host: string;
  port: number;
  algorithm: Algorithm;
  encoding: Encoding;
  tokenLifetimeS: number;
};

export type Simulator = {
  url: string;
  /** what NATIONAL_ENVIRONMENTS_FILE names */
  environmentsFile: string;
  close: () => Promise<void>;
};

/** @throws SimulatorError, PlatformError */
export async function openSimulator(options: SimulatorOptions): Promise<Simulator> {
  const state = newPlatformState(openHome(options.home), options);
  const app = new Hono<Env>();
  app.route('/admin', adminRoutes(state));
  app.route('/', platformRoutes(state));
  const server = await serve({ fetch: app.fetch, host: options.host, port: options.port });
  const environmentsFile = publishClientKit(state, server.url);
  return {
    url: server.url,
    environmentsFile,
    async close() {
      state.faults.set([]); // lets go of whoever waits
      await server.close();
    },
  };
}
