import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CliqueNetwork,
  type CliqueOptions,
  canHaveGeth,
  gethVersion,
  startCliqueNetwork,
} from '@tianyuan/chain';

/**
 * Whether this machine has geth or can build it, for `describe.skipIf(!(await hasGeth()))`. Says loudly where it has not:
 * nothing else here runs several nodes. Where there is Go, a build that fails fails the suite.
 */
export async function hasGeth(): Promise<boolean> {
  if (await canHaveGeth()) return true;
  console.error(
    `\n*** NOT RUN: the tests on a network of several nodes need geth ${gethVersion} on the PATH, or Go to build it ***\n`,
  );
  return false;
}

/** A network in a directory of its own, which `remove` takes away with the nodes. */
export async function startTestNetwork(
  options: Omit<CliqueOptions, 'directory'> = {},
): Promise<CliqueNetwork & { remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'tianyuan-clique-'));
  const network = await startCliqueNetwork({ ...options, directory });
  return {
    ...network,
    async remove() {
      await network.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
