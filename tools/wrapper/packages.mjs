// node_modules/ as package-lock.json says.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, isInstalled } from './install.mjs';

/** @typedef {import('./toolchain.mjs').ChosenNode} ChosenNode */

/**
 * Whether node_modules/ was installed, to the end, from the lockfile and manifests as they are now, for this system.
 * @param {string} checkout
 * @param {ChosenNode} node
 */
export function packagesAreCurrent(checkout, node) {
  return isInstalled(checkout, fingerprint(checkout, node));
}

/**
 * Installs what package-lock.json says, and nothing else: `install --no-save` leaves the lockfile as it is, and keeps
 * what is already right where `npm ci` would begin by deleting node_modules/. No package's install script runs; every
 * native package we use comes with its binary.
 * @param {string} checkout
 * @param {ChosenNode} node
 * @param {import('./install.mjs').Npm} npm
 * @param {import('./mutex.mjs').Lock} lock
 */
export async function installPackages(checkout, node, npm, lock) {
  process.stderr.write('tianyuan: installing packages, about a minute the first time …\n');
  await install(checkout, {
    stamp: fingerprint(checkout, node),
    npm,
    lock,
    failure:
      'the packages could not be installed; npm says why above. Mend that (is there a network?) and try again.',
  });
}

// What npm reads of a package.json to install it. A change of scripts, say, is no reason to need a network.
const read = ['name', 'version', 'workspaces', 'bin', 'overrides'];
const dependencies = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/**
 * A hash of everything that decides what npm installs: the lockfile, npm's settings, every workspace's manifest, the
 * system, and the major version of Node (packages have `engines`; a native one may be bound to it).
 * @param {string} checkout
 * @param {Pick<ChosenNode, 'platform' | 'version'>} node
 */
export function fingerprint(checkout, node) {
  /** @param {string} name */
  const content = (name) =>
    existsSync(join(checkout, name)) ? readFileSync(join(checkout, name), 'utf8') : '';
  /** @param {string} folder */
  const manifest = (folder) => {
    const whole = /** @type {Record<string, unknown>} */ (
      JSON.parse(content(join(folder, 'package.json')) || '{}')
    );
    return [...read, ...dependencies].map((field) => [field, whole[field]]);
  };
  const { workspaces } = /** @type {{ workspaces: string[] }} */ (JSON.parse(content('package.json')));
  const inputs = {
    system: [node.platform, node.version.split('.')[0]],
    lockfile: content('package-lock.json'),
    settings: content('.npmrc'),
    manifests: ['.', ...workspaces].map((folder) => [folder, manifest(folder)]),
  };
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}
