import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has } from '../components.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const machine = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'];
/** `e_machine` of an ELF file, the System V ABI's numbers. */
const elfMachines = { amd64: 62, arm64: 183 } as const;
/** What the docs promise, with room for a version or two; MB are 10^6 bytes. */
const maxInstalledMb = 220;

/** `$0` is a folder that the copy shares; `$1` is run in it, with what follows. */
const onCopyOfSystem = `
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin
  mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir upper work root
  mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
  for shared in /proc /dev "$0"; do mount --rbind "$shared" "root$shared"; done
  script=$1 && shift
  exec chroot root sh -ec "$script" "$@"`;

/** `$0` is the package. The agent is told to stop by who is told to stop here, and its exit code is the last word. */
const installRunPurge = `
  dpkg --install "$0" >/dev/null 2>&1
  gateway-agent --version | grep -q '^[0-9]'
  test -e /usr/lib/systemd/system/gateway-agent.service && test -d /etc/tianyuan
  gateway-agent "$@" & agent=$!
  trap 'kill -TERM $agent' TERM
  code=0 && wait $agent || code=$?
  if kill -0 $agent 2>/dev/null; then code=0 && wait $agent || code=$?; fi
  dpkg --purge tianyuan-gateway >/dev/null 2>&1
  test ! -e /opt/tianyuan/gateway-agent && test ! -e /usr/bin/gateway-agent
  exit $code`;

function canCopySystem(): boolean {
  const tried = ['--mount', 'sh', '-ec', onCopyOfSystem, tmpdir(), 'true'];
  return process.getuid?.() === 0 && spawnSync('unshare', tried).status === 0;
}

const work = mkdtempSync(join(tmpdir(), 'tianyuan-package-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function build(arch: 'amd64' | 'arm64'): { deb: string; tree: string } {
  const tool = join(checkout, 'tools', 'package-deb.ts');
  const args = [tool, '--arch', arch, '--out', work];
  const deb = execFileSync(process.execPath, args, { encoding: 'utf8', cwd: checkout }).trim();
  const tree = join(work, arch);
  execFileSync('dpkg-deb', ['--extract', deb, tree]);
  return { deb, tree };
}

function elfMachine(file: string): number | undefined {
  const [descriptor, header] = [openSync(file, 'r'), Buffer.alloc(20)];
  readSync(descriptor, header, 0, 20, 0);
  closeSync(descriptor);
  return header.subarray(0, 4).toString('latin1') === '\x7fELF' ? header.readUInt16LE(18) : undefined;
}

describe.skipIf(!has('dpkg-deb')).each(['amd64', 'arm64'] as const)('the package for %s', (arch) => {
  let deb: string;
  let tree: string;
  beforeAll(() => {
    ({ deb, tree } = build(arch));
  });

  test('brings native code for that machine and for no other', () => {
    const files = readdirSync(join(tree, 'opt/tianyuan'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && (entry.name.endsWith('.node') || entry.name === 'node'))
      .map(({ parentPath, name }) => join(parentPath, name));
    expect(files.some((file) => file.includes('better-sqlite3'))).toBe(true);
    expect(files.some((file) => file.includes('sodium-native'))).toBe(true);
    for (const file of files) expect([file, elfMachine(file)]).toEqual([file, elfMachines[arch]]);
  });

  test('brings the gateway alone: no test, no database server’s client, no compiler, no other workspace', () => {
    const packages = readdirSync(join(tree, 'opt/tianyuan/node_modules'));
    for (const name of ['pg', 'pg-boss', 'typescript', 'vitest', 'hardhat', 'playwright-core'])
      expect(packages).not.toContain(name);
    expect(readdirSync(join(tree, 'opt/tianyuan/node_modules/@tianyuan')).toSorted()).toEqual([
      'chain',
      'contracts',
      'gateway-agent',
      'protocol',
    ]);
    const files = readdirSync(join(tree, 'opt/tianyuan/gateway-agent'), { recursive: true }).map(String);
    expect(files).toContain('main.ts');
    expect(files.filter((file) => file.endsWith('.test.ts'))).toEqual([]);
  });

  test('is as large as the docs say', () => {
    const [kibibytes] = execFileSync('du', ['-sk', '--apparent-size', tree], { encoding: 'utf8' }).split(
      '\t',
    );
    expect((Number(kibibytes) * 1024) / 1e6).toBeLessThan(maxInstalledMb);
    expect(execFileSync('dpkg-deb', ['--field', deb, 'Architecture'], { encoding: 'utf8' }).trim()).toBe(
      arch,
    );
  });

  test.skipIf(!has('systemd-analyze') || arch !== machine)(
    'has a unit that systemd takes, well shut in',
    () => {
      const unit = join(tree, 'usr/lib/systemd/system/gateway-agent.service');
      // The programs that it names are in the tree and not on this machine.
      const here = join(work, 'gateway-agent.service');
      writeFileSync(here, readFileSync(unit, 'utf8').replaceAll('/opt/tianyuan', join(tree, 'opt/tianyuan')));
      const verified = spawnSync('systemd-analyze', ['verify', '--man=no', here], { encoding: 'utf8' });
      expect(verified.stderr.split('\n').filter((line) => line.includes('gateway-agent'))).toEqual([]);
      const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit]);
      expect(judged.status).toBe(0);
    },
  );

  test.skipIf(arch !== machine)('starts, answers, and stops when it is told to', async () => {
    const node = join(tree, 'opt/tianyuan/node/bin/node');
    expect(await startAndStop([node, join(tree, 'opt/tianyuan/gateway-agent/main.ts')])).toEqual(works);
  });

  // In a mount namespace of its own, where /opt is the package's: the command names its place there.
  test.skipIf(process.getuid?.() !== 0 || arch !== machine)(
    'brings a command that starts it as it is installed, with the unit’s flags',
    async () => {
      const command = join(tree, 'usr/bin/gateway-agent');
      const here = 'mount --bind "$0/opt" /opt && exec "$0/usr/bin/gateway-agent" "$@"';
      const unit = readFileSync(join(tree, 'usr/lib/systemd/system/gateway-agent.service'), 'utf8');
      const [, started] = /^ExecStart=(.*) run /m.exec(unit)!;
      expect(readFileSync(command, 'utf8')).toContain(`exec ${started} "$@"`);
      expect(await startAndStop(['unshare', '--mount', 'sh', '-c', here, tree])).toEqual(works);
    },
  );

  // On a copy of this system that is thrown away: what is written stays in memory, but for the data.
  test.skipIf(!canCopySystem() || arch !== machine)(
    'installs by dpkg, runs, and leaves with a purge, which keeps the data',
    async () => {
      const told = await startAndStop([
        'unshare',
        '--mount',
        'sh',
        '-ec',
        onCopyOfSystem,
        work,
        installRunPurge,
        deb,
      ]);
      expect(told).toEqual(works);
    },
  );

  // On a machine that is thrown away afterwards: this writes to the system itself.
  test.skipIf(!process.env['CI'] || process.getuid?.() !== 0 || arch !== machine)(
    'installs, runs, and leaves as packages do',
    async () => {
      execFileSync('dpkg', ['--install', deb]);
      try {
        expect(execFileSync('/usr/bin/gateway-agent', ['--version'], { encoding: 'utf8' })).toMatch(/^\d/);
        expect(readFileSync('/usr/lib/systemd/system/gateway-agent.service', 'utf8')).toContain(
          '/opt/tianyuan/node',
        );
        expect(await startAndStop(['/usr/bin/gateway-agent'])).toEqual(works);
      } finally {
        execFileSync('dpkg', ['--purge', 'tianyuan-gateway']);
      }
      expect(spawnSync('test', ['-e', '/opt/tianyuan/gateway-agent']).status).toBe(1);
    },
  );
});

/** Starts an agent by a command, with an environment that knows nothing of this checkout; it answers, and stops cleanly. */
async function startAndStop([program, ...args]: string[]): Promise<{
  health: string;
  code: number | null;
  keeps: boolean;
}> {
  const dataDir = mkdtempSync(join(work, 'data-'));
  const settings = {
    gateway: 'gw',
    origin: 'gw.example',
    'data-dir': dataDir,
    'mqtt-port': '0',
    'http-port': '0',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const agent = spawn(program!, [...args, 'run', ...flags], {
    cwd: work,
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { httpPort } = await upLine(agent);
  const health = await (await fetch(`http://127.0.0.1:${httpPort}/healthz`)).text();
  agent.kill('SIGTERM');
  const [code] = (await once(agent, 'exit')) as [number | null];
  return { health, code, keeps: readdirSync(dataDir).includes('gateway.db') };
}
const works = { health: 'ok', code: 0, keeps: true };

/** The line in which the agent says where it listens. */
async function upLine(agent: ChildProcess): Promise<{ httpPort: number }> {
  for await (const line of createInterface({ input: agent.stdout! })) {
    const said = JSON.parse(line) as { httpPort?: number };
    if (said.httpPort !== undefined) return { httpPort: said.httpPort };
  }
  throw new Error('the agent ended before it was up');
}
