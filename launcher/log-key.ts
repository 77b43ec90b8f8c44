import { type Layout, partMain } from './layout.ts';
import { runCommand } from './part-process.ts';

/** The public key of the gateway's log, base64. */
export async function readLogKey({ gateway }: Layout): Promise<string> {
  const args = [partMain('gateway-agent'), 'key', '--data-dir', gateway];
  return (await runCommand("reading the gateway's key", args)).trim();
}

/** The public key of the platform's own log, base64; made at the first start. */
export async function readPlatformKey({ platformKey }: Layout): Promise<string> {
  const args = [partMain('trace-api'), 'key', platformKey];
  return (await runCommand("reading the key of the platform's log", args)).trim();
}
