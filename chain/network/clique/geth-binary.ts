import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ChainError } from '../../chain-error.ts';

const run = promisify(execFile);

/** The last release that seals Clique blocks: 1.14 follows them only. */
export const gethVersion = '1.13.15';

const module = `github.com/ethereum/go-ethereum/cmd/geth@v${gethVersion}`;
const cache = fileURLToPath(new URL(`../../../.toolchain/geth-${gethVersion}/`, import.meta.url));
/** A minute on a quick machine; ten on a small one that does something else besides. */
const buildTimeoutMs = 1_200_000;

/**
 * geth of exactly this version: built before, on the PATH, or built now with the Go of this machine into `.toolchain/`,
 * which takes minutes once.
 * @param onLine told when a build begins
 * @returns the program's path
 * @throws ChainError GETH_MISSING
 */
export async function findGeth(onLine?: (line: string) => void): Promise<string> {
  const built = join(cache, 'geth');
  if (await isThere(built)) return built;
  const installed = await findOnPath('geth');
  if (installed !== undefined && (await versionOf(installed)) === gethVersion) return installed;
  const go = await findOnPath('go');
  if (go === undefined) {
    throw new ChainError(
      'GETH_MISSING',
      `there is no geth ${gethVersion} on the PATH and no Go to build it with: install either, or use the local chain ` +
        '(`chain up`)',
    );
  }
  onLine?.(`building geth ${gethVersion} once, with ${go}: this takes some minutes`);
  await build(go);
  return built;
}

/** Whether `findGeth` would find or build one: tests ask before they begin. */
export async function canHaveGeth(): Promise<boolean> {
  if (await isThere(join(cache, 'geth'))) return true;
  if ((await findOnPath('go')) !== undefined) return true;
  const installed = await findOnPath('geth');
  return installed !== undefined && (await versionOf(installed)) === gethVersion;
}

/** Into a directory of its own and then in one step to its place: two that build at once don't meet. */
async function build(go: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'build-'));
  try {
    const env = { ...process.env, GOBIN: directory };
    const args = ['install', ...(await linkerFlags(go)), module];
    await run(go, args, { env, cwd: directory, timeout: buildTimeoutMs, maxBuffer: 2 ** 24 });
    await rename(join(directory, 'geth'), join(cache, 'geth'));
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join(' ');
    throw new ChainError(
      'GETH_MISSING',
      `geth ${gethVersion} could not be built (${said || (cause as Error).message}): mend that, or put a geth ${gethVersion} ` +
        'on the PATH',
      { cause },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * One of geth's packages (memsize, for a debugging page) reaches into Go's runtime, which linkers refuse since Go 1.23; those
 * before it do not know the flag.
 */
async function linkerFlags(go: string): Promise<string[]> {
  const { stdout } = await run(go, ['env', 'GOVERSION'], { timeout: 10_000 });
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
  return minor < 23 ? [] : ['-ldflags=-checklinkname=0'];
}

async function versionOf(geth: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(geth, ['version'], { timeout: 10_000 });
    return /^Version: (\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

async function findOnPath(program: string): Promise<string | undefined> {
  // Where Go's own installer puts it, which is in no PATH by itself.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/go/bin'];
  for (const directory of directories.filter((one) => one !== '')) {
    if (await isThere(join(directory, program))) return join(directory, program);
  }
  return undefined;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
