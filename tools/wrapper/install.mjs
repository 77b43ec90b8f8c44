// `npm install` in a folder: whole or not at all, and without a word unless it fails.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Refusal } from './refusal.mjs';

/** @typedef {import('./mutex.mjs').Lock} Lock */
/** @typedef {{ command: string, args: string[] }} Npm how to start an npm */

/** @param {string} folder */
const stampFile = (folder) => join(folder, 'node_modules', '.tianyuan');
const interrupted = 'interrupted';

/** @param {string} folder */
function readStamp(folder) {
  return existsSync(stampFile(folder)) ? readFileSync(stampFile(folder), 'utf8') : undefined;
}

/**
 * Whether the last install in `folder` came to its end, and was the one of this stamp.
 * @param {string} folder
 * @param {string} stamp
 */
export function isInstalled(folder, stamp) {
  return readStamp(folder) === stamp;
}

/**
 * Installs what the package.json and package-lock.json of `folder` say.
 * @param {string} folder
 * @param {{ stamp: string, npm: Npm, lock: Lock, failure: string }} options
 *   `stamp`: what `isInstalled` will be asked for. `failure`: what to tell after npm's own words when it fails.
 * @throws {Refusal} when npm fails
 */
export async function install(folder, { stamp, npm, lock, failure }) {
  // npm takes a package for installed once its package.json is there, so what a kill left half unpacked must go.
  if (isInstalled(folder, interrupted))
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(stampFile(folder), interrupted);
  const { code, output } = await run(npm, folder, lock);
  if (code !== 0) {
    process.stderr.write(output);
    throw new Refusal(failure);
  }
  writeFileSync(stampFile(folder), stamp);
}

// What the person's own settings, or the `npm run` that started us, must not make of this install. Their registry,
// proxy and certificates stay.
const settings = [
  '--no-save',
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--include=peer',
  '--global=false',
  '--dry-run=false',
  '--package-lock=true',
  '--package-lock-only=false',
  '--install-links=false',
  '--audit=false',
  '--fund=false',
  '--loglevel=error',
];
const notInherited = /^npm_config_(workspaces?|include_workspace_root|local_prefix|omit|only|os|cpu|libc)$/i;

/**
 * @param {Npm} npm
 * @param {string} folder
 * @param {Lock} lock
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run({ command, args }, folder, lock) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !notInherited.test(name)));
  env.npm_config_globalconfig ??= machineConfig(env, folder);
  if (command.includes('/')) env.PATH = `${dirname(command)}${delimiter}${env.PATH ?? ''}`;
  const child = spawn(command, [...args, 'install', ...settings], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) lock.alsoHeldBy(child.pid);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(explain(error)));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/**
 * The npm that started this script, else the one on PATH. Another package manager's npm_execpath is no npm.
 * @returns {Npm}
 */
export function machineNpm() {
  const starter = process.env.npm_execpath;
  return starter?.endsWith('npm-cli.js')
    ? { command: process.execPath, args: [starter] }
    : { command: 'npm', args: [] };
}

/**
 * The machine-wide npmrc, with the proxy or the registry its owner set. An npm looks for it from where its Node is, so
 * the one in .toolchain/ has to be told; `npm run` tells every script by itself.
 * Asked for in the folder of the install: in that of a workspace, where somebody may stand, `npm config` fails.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} cwd
 */
function machineConfig(env, cwd) {
  const { command, args } = machineNpm();
  try {
    const ask = [...args, 'config', 'get', 'globalconfig'];
    return execFileSync(command, ask, {
      encoding: 'utf8',
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch (error) {
    throw explain(error);
  }
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof Error)) return new Error(String(error));
  return 'code' in error && error.code === 'ENOENT'
    ? new Refusal('npm was not found on PATH. Install Node together with npm and try again.')
    : error;
}
