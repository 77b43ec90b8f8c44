import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Programs that a test may use and that npm cannot bring. `.ci/run` installs all of them.
const components = {
  cc: ['cc'],
  'dpkg-deb': ['dpkg-deb'],
  chronyc: ['chronyc'],
  chronyd: ['chronyd'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  mosquitto: ['mosquitto'],
  mosquitto_pub: ['mosquitto_pub'],
  mosquitto_sub: ['mosquitto_sub'],
  'nats-server': ['nats-server'],
  postgres: ['postgres'],
  python3: ['python3'],
  strace: ['strace'],
  'systemd-analyze': ['systemd-analyze'],
  'systemd-notify': ['systemd-notify'],
};

export type Component = keyof typeof components;

/**
 * Whether this machine has `component`, for `test.skipIf(!has('chromium'))`.
 * @throws in CI, where everything is installed and a test that skips for want of it must fail
 */
export function has(component: Component): boolean {
  if (find(component) !== undefined) return true;
  if (process.env['CI']) throw new Error(missing(component));
  return false;
}

/**
 * The absolute path of the program.
 * @throws when the machine does not have it
 */
export function pathOf(component: Component): string {
  const path = find(component);
  if (path === undefined) throw new Error(missing(component));
  return path;
}

const missing = (component: Component) =>
  `this machine has no ${components[component].join(', ')}; install it (.ci/run shows the Debian package)`;

function find(component: Component): string | undefined {
  for (const folder of folders()) {
    for (const name of components[component]) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

/** PATH; then what Debian and Homebrew keep off it: daemons, and PostgreSQL's servers by version, newest first. */
function folders(): string[] {
  const versions = '/usr/lib/postgresql';
  const postgres = list(versions)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin'));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return [...path, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin', ...postgres];
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
