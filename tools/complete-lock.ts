// npm run lock: makes package-lock.json serve every system. npm leaves out the native builds for other systems that its
// registry could not give it, then `npm ci` refuses the lock, and most versions of npm do not install those builds where
// they are needed. An entry with the exact version and no hash is enough for all of them; where npm did see the build,
// its own entry with the hash is kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

/**
 * The entries that `lockfile` lacks: every optional dependency, of an exact version, of every package in it.
 * @returns by the place in node_modules/ where npm would put each
 */
export function missingBuilds({ packages }: Lockfile): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {};
  const find = (place: string) => packages[place] ?? missing[place];
  for (const [place, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (!/^\d+\.\d+\.\d+$/.test(version)) continue; // a range: fsevents and its like, which npm always finds
      const seen = lookupPath(place, name).find((candidate) => find(candidate) !== undefined);
      if (seen !== undefined && find(seen)?.version === version) continue;
      const beside = place.slice(0, place.lastIndexOf('node_modules/')) + `node_modules/${name}`;
      const target = find(beside) === undefined ? beside : `${place}/node_modules/${name}`;
      const { os, cpu, libc } = system(name);
      // In npm's own order, so that its next install moves nothing.
      missing[target] = { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os };
    }
  }
  return missing;
}

/** Where Node looks for `name` from the package at `place`, nearest first. */
function lookupPath(place: string, name: string): string[] {
  const folders = place
    .split('/node_modules/')
    .map((_, depth, parts) => parts.slice(0, parts.length - depth));
  const nested = folders.map((parts) => `${parts.join('/node_modules/')}/node_modules/${name}`);
  return place === '' ? [`node_modules/${name}`] : [...nested, `node_modules/${name}`];
}

/** The system that the name of a build ends in, such as `linux-arm64-gnu`, in npm's words. */
function system(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const words =
    /(android|darwin|freebsd|linux|openharmony|win32)-(amd64|arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(gnu|musl))?/;
  const [, os, cpu, libc] = words.exec(name) ?? [];
  if (os === undefined || cpu === undefined)
    throw new Error(`${name}: its name does not say for which system it is`);
  return {
    os: [os],
    cpu: [cpu === 'amd64' ? 'x64' : cpu],
    ...(os === 'linux' && libc !== undefined && { libc: [libc === 'gnu' ? 'glibc' : libc] }),
  };
}

function main(isCheck: boolean) {
  const file = join(import.meta.dirname, '..', 'package-lock.json');
  const lockfile = JSON.parse(readFileSync(file, 'utf8')) as Lockfile;
  const missing = missingBuilds(lockfile);
  const places = Object.keys(missing);
  if (places.length === 0) return;
  if (isCheck) {
    process.stderr.write(`package-lock.json lacks ${places.length} builds; \`npm run lock\` adds them:\n`);
    for (const place of places) process.stderr.write(`  ${place} ${missing[place]?.version}\n`);
    process.exitCode = 1;
    return;
  }
  const ordered = Object.entries({ ...lockfile.packages, ...missing }).toSorted(([a], [b]) =>
    a.localeCompare(b, 'en'),
  );
  const completed = { ...lockfile, packages: Object.fromEntries(ordered) };
  writeFileSync(file, `${JSON.stringify(completed, null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${places.length} builds added\n`);
}

if (process.argv[1] === import.meta.filename) main(process.argv.includes('--check'));
