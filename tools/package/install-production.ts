// Node and the packages of the gateway in a folder apart, for an architecture that need not be this machine's.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whileHolding } from '../wrapper/mutex.mjs';
import { Refusal } from '../wrapper/refusal.mjs';
import { bringNode, bringNpm, chooseNode } from '../wrapper/toolchain.mjs';

/**
 * Installs into `stage` what package-lock.json has for the gateway in production.
 * @returns the path of the architecture's Node there
 * @throws Refusal with npm's own words when it fails
 */
export async function installProduction(
  checkout: string,
  stage: string,
  cpu: 'x64' | 'arm64',
): Promise<string> {
  mkdirSync(stage, { recursive: true });
  const { workspaces } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    workspaces: string[];
  };
  // npm compares the lockfile with every manifest, those of other workspaces included.
  const manifests = workspaces.map((workspace) => join(workspace, 'package.json'));
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests]) {
    if (!existsSync(join(checkout, file))) continue;
    mkdirSync(dirname(join(stage, file)), { recursive: true });
    cpSync(join(checkout, file), join(stage, file));
  }

  // "No Node at all" has the wrapper choose the pinned one, whose content npm compares with a hash.
  const target = { version: '0.0.0', execPath: '', platform: 'linux', arch: cpu, isMusl: () => false };
  const node = chooseNode(stage, target);
  const own = chooseNode(checkout);
  const npm = await whileHolding(join(stage, 'lock'), async (lock) => {
    await bringNode(stage, node, lock);
    return bringNpm(stage, { ...own, path: process.execPath }, lock);
  });
  const settings = [
    '--omit=dev',
    // The local chain's binary; what is needed of native code comes inside its package.
    '--omit=optional',
    // Drivers of other databases that drizzle-orm could also use.
    '--legacy-peer-deps',
    '--ignore-scripts',
    '--include-workspace-root=false',
    '--workspace=@tianyuan/gateway-agent',
    `--cpu=${cpu}`,
    '--os=linux',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const { status, stdout, stderr } = spawnSync(npm.command, [...npm.args, 'ci', ...settings], {
    cwd: stage,
    encoding: 'utf8',
  });
  if (status !== 0) {
    process.stderr.write(stdout + stderr);
    throw new Refusal('npm could not install the gateway’s packages; it says why above.');
  }
  return node.path;
}
