import { defaultPort } from './local/local-chain.ts';

/** As gateways and trace APIs read it: several nodes with commas between, the preferred one first. */
export const defaultRpc = process.env['BLOCKCHAIN_NODES'] || `http://127.0.0.1:${defaultPort}`;
