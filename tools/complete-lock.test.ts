import { expect, test } from 'vitest';
import { missingBuilds, type Lockfile } from './complete-lock.ts';

const builds = (scope: string, version: string, ...systems: string[]) => ({
  optionalDependencies: Object.fromEntries(systems.map((system) => [`${scope}${system}`, version])),
});

test('names the builds that a lock lacks, where npm would put them', () => {
  const lockfile: Lockfile = {
    packages: {
      '': {},
      'node_modules/parser': {
        version: '2.0.0',
        dev: true,
        ...builds('@parser/', '2.0.0', 'linux-x64-gnu', 'linux-arm64-musl', 'darwin-arm64'),
      },
      'node_modules/@parser/linux-x64-gnu': { version: '2.0.0', os: ['linux'], cpu: ['x64'] },
      // The other parser's, of another version, has taken the place.
      'node_modules/@parser/linux-arm64-musl': { version: '1.0.0', os: ['linux'], cpu: ['arm64'] },
      'node_modules/knip/node_modules/parser': {
        version: '1.0.0',
        ...builds('@parser/', '1.0.0', 'linux-arm64-musl', 'win32-x64-msvc'),
      },
      'node_modules/anvil': { version: '1.7.1', ...builds('anvil-', '1.7.1', 'darwin-amd64') },
      'node_modules/vite': { version: '8.0.0', optionalDependencies: { fsevents: '~2.3.3' } },
    },
  };
  const added = {
    'node_modules/parser/node_modules/@parser/linux-arm64-musl': {
      version: '2.0.0',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
    'node_modules/@parser/darwin-arm64': {
      version: '2.0.0',
      cpu: ['arm64'],
      dev: true,
      optional: true,
      os: ['darwin'],
    },
    'node_modules/knip/node_modules/@parser/win32-x64-msvc': {
      version: '1.0.0',
      cpu: ['x64'],
      optional: true,
      os: ['win32'],
    },
    'node_modules/anvil-darwin-amd64': { version: '1.7.1', cpu: ['x64'], optional: true, os: ['darwin'] },
  };
  expect(missingBuilds(lockfile)).toEqual(added);
  expect(missingBuilds({ packages: { ...lockfile.packages, ...added } })).toEqual({});
});

test('does not guess a system', () => {
  const packages = { 'node_modules/a': { optionalDependencies: { 'a-plan9': '1.0.0' } } };
  expect(() => missingBuilds({ packages })).toThrow(/a-plan9/);
});
