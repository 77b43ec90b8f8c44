import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { environmentNames, loadConfig as loadGatewayConfig } from '@tianyuan/gateway-agent/config.ts';
import { loadConfig as loadTraceConfig } from '@tianyuan/trace-api/config.ts';
import { describe, expect, test } from 'vitest';
import { has } from '../components.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => readFileSync(at(path), 'utf8');

/** The values of a unit file's directive. */
function directive(unit: string, name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!);
}

const services = [
  ['gateway-agent', 'gateway-agent'],
  ['trace-api', 'trace-api'],
  ['witness', 'witness'],
  ['chain-monitor', 'chain'],
  ['super-root', 'chain'],
] as const;

describe.each(services)('deploy/%s.service', (name, workspace) => {
  const unit = read(`deploy/${name}.service`);

  test('starts a file of this checkout', () => {
    const [, script] = /^\/usr\/bin\/node (?:--\S+ )*\/opt\/tianyuan\/(\S+)/.exec(
      directive(unit, 'ExecStart')[0]!,
    )!;
    expect(script).toBe(`${workspace}/main.ts`);
    expect(existsSync(at(script!))).toBe(true);
  });

  test('lets the engine write code: V8 does not start otherwise', () => {
    expect(directive(unit, 'MemoryDenyWriteExecute')).toEqual([]);
  });

  test.skipIf(!has('systemd-analyze'))('is a unit to systemd, and well shut in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tianyuan-unit-'));
    const file = join(folder, `${name}.service`);
    // The program must exist on the machine that judges the unit, and here Node may be elsewhere.
    writeFileSync(file, unit.replaceAll(/^(ExecStart(?:Pre)?)=\/usr\/bin\/node/gm, `$1=${process.execPath}`));
    const analyze = (...args: string[]) =>
      spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });
    const { stderr, status } = analyze('verify', '--man=no');
    expect(stderr.split('\n').filter((line) => line.includes(name))).toEqual([]);
    expect(status).toBe(0);
    // 2.0 of 10; a unit without a word about it has 9.6
    expect(analyze('security', '--offline=true', '--threshold=20').status).toBe(0);
    rmSync(folder, { recursive: true });
  });
});

test('the flags with which a gateway is started are flags of this Node, and its cache is where systemd lets it write', () => {
  const unit = read('deploy/gateway-agent.service');
  const flags = /^\/usr\/bin\/node ((?:--\S+ )+)/
    .exec(directive(unit, 'ExecStart')[0]!)![1]!
    .trim()
    .split(' ');
  expect(spawnSync(process.execPath, [...flags, '--eval', '']).status).toBe(0);
  expect(directive(unit, 'Environment')).toContain(
    `NODE_COMPILE_CACHE=/var/cache/${directive(unit, 'CacheDirectory')[0]}`,
  );
});

test('a gateway may salvage its store for as long as that takes: systemd does not kill it at its start', () => {
  expect(directive(read('deploy/gateway-agent.service'), 'TimeoutStartSec')).toEqual(['infinity']);
});

// No engine builds it where this is developed: what can be said of it without one.
describe('deploy/Containerfile', () => {
  const instructions = read('deploy/Containerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n */g, '')
    .trim()
    .split('\n')
    .map((line) => /^([A-Z]+) (.*)$/.exec(line)!.slice(1) as [string, string]);
  const all = (name: string) => instructions.filter(([is]) => is === name).map(([, told]) => told);

  test('has instructions that there are, and steps that are shell or a program with its arguments', () => {
    const known = new Set([
      'FROM',
      'ARG',
      'COPY',
      'RUN',
      'USER',
      'VOLUME',
      'EXPOSE',
      'ENV',
      'STOPSIGNAL',
      'ENTRYPOINT',
      'CMD',
    ]);
    expect(instructions.filter(([name]) => !known.has(name))).toEqual([]);
    expect(instructions[0]![0]).toBe('FROM');
    for (const step of all('RUN')) {
      if (step.startsWith('[')) expect(JSON.parse(step)).toContain('/usr/bin/gateway-agent');
      else expect([step, spawnSync('sh', ['-n', '-c', step]).status]).toEqual([step, 0]);
    }
  });

  test('takes the package that `npm run package:deb` makes, and starts the command in it', () => {
    const [copied] = all('COPY');
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const pattern = copied!.split(' ')[0]!.replace('${ARCH}', 'amd64');
    expect(matchesGlob(`.deb/tianyuan-gateway_${version}_amd64.deb`, pattern)).toBe(true);
    expect(read('tools/package/build-deb.ts')).toContain('`tianyuan-gateway_${version}_${arch}.deb`');
    const [entryPoint] = JSON.parse(all('ENTRYPOINT')[0]!) as string[];
    expect(read('tools/package/fill-tree.ts')).toContain(`'${entryPoint!.slice(1)}'`);
    expect(JSON.parse(all('CMD')[0]!)).toEqual(['run', '--config', '/etc/tianyuan/gateway.yaml']);
  });

  test('runs as nobody, with what the unit sets, and only where that user may write', () => {
    expect(all('USER')).toEqual(['10001:10001']);
    const unit = read('deploy/gateway-agent.service');
    const set = all('ENV').flatMap((line) => line.split(' '));
    expect(new Set(set)).toEqual(new Set(directive(unit, 'Environment')));
    const made = /install -d -o 10001 -g 10001 -m 0700 (.*)$/.exec(all('RUN')[0]!)![1]!.split(' ');
    const cache = set.find((one) => one.startsWith('NODE_COMPILE_CACHE='))!.split('=')[1];
    expect(made).toEqual([...all('VOLUME'), cache]);
    expect(all('STOPSIGNAL')).toEqual(directive(unit, 'KillSignal'));
    const { port } = loadGatewayConfig(at('deploy/gateway.yaml'), {}, {}).mqtt;
    expect(all('EXPOSE')).toEqual([String(port)]);
  });
});

describe('deploy/gateway.yaml', () => {
  const config = loadGatewayConfig(at('deploy/gateway.yaml'), {}, {});
  const unit = read('deploy/gateway-agent.service');

  test('is a configuration, and is the one that the unit starts with', () => {
    expect(config.chain?.confirmations).toBe(0);
    expect(directive(unit, 'ExecStart')[0]).toMatch(/ run --config \/etc\/tianyuan\/gateway\.yaml$/);
  });

  test('keeps its data where systemd lets it, and finds the account key where systemd shows it', () => {
    expect(config.dataDir).toBe(`/var/lib/${directive(unit, 'StateDirectory')[0]}`);
    const [credential] = directive(unit, 'LoadCredential')[0]!.split(':');
    expect(config.chain?.accountKey).toBe(`/run/credentials/gateway-agent.service/${credential}`);
  });
});

describe('deploy/trace-api.env', () => {
  const environment = parseEnv(read('deploy/trace-api.env')) as Record<string, string>;
  const unit = read('deploy/trace-api.service');

  test('is a configuration', () => {
    const config = loadTraceConfig(['node', 'trace-api/main.ts'], environment);
    expect(config).toMatchObject({
      port: 8080,
      publicUrl: 'https://trace.example.org',
      chainConfirmations: 0,
    });
    expect(config.databaseUrl).toMatch(/^postgres:/);
  });

  test('comes with what the unit sets itself', () => {
    expect(directive(unit, 'Environment')).toContain(
      `DATA_DIR=/var/lib/${directive(unit, 'StateDirectory')[0]}`,
    );
    const [credential] = directive(unit, 'LoadCredential')[0]!.split(':');
    expect(directive(unit, 'Environment')).toContain(`OWNER_TOKEN_FILE=%d/${credential}`);
  });
});

describe.each([
  ['witness', at('witness/main.ts')],
  ['chain-monitor', at('chain/main.ts')],
  ['super-root', at('chain/main.ts')],
])('the settings of deploy/%s.service', (name, main) => {
  const unit = read(`deploy/${name}.service`);
  const settings = parseEnv(read(`deploy/${name}.env`)) as Record<string, string>;
  const command = directive(unit, 'ExecStart')[0]!;

  test('are all that its command asks for, and no more', () => {
    expect(directive(unit, 'EnvironmentFile')).toEqual([`/etc/tianyuan/${name}.env`]);
    const asked = [...command.matchAll(/\$\{?(\w+)\}?/g)].map(([, variable]) => variable);
    expect(new Set(asked)).toEqual(new Set(Object.keys(settings)));
  });

  test('make a command line that the program takes: it fails for what is not on this machine only', () => {
    const [, , ...words] = command.split(' ');
    const args = words.flatMap((word) => {
      // As systemd has it: a variable without braces that is a word is as many words as it holds.
      const [, several] = /^\$(\w+)$/.exec(word) ?? [];
      if (several !== undefined) return settings[several]!.split(/\s+/).filter((one) => one !== '');
      return word
        .replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => settings[variable]!)
        .replace('%d', '/run/credentials');
    });
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/\/run\/credentials\/witness\.key|\/etc\/tianyuan\/deployment\.json/);
    expect(stderr).not.toMatch(/unknown option|missing|required/i);
  }, 70_000);

  test('keep what is kept where systemd lets it', () => {
    const folder = `/var/lib/${directive(unit, 'StateDirectory')[0]}`;
    for (const [path] of command.matchAll(/\/var\/lib\/\S+/g)) expect(path.startsWith(folder)).toBe(true);
  });
});

test.skipIf(!has('systemd-analyze'))(
  'deploy/super-root.timer is a timer to systemd, several times a day',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'tianyuan-unit-'));
    for (const unit of ['super-root.timer', 'super-root.service'])
      writeFileSync(
        join(folder, unit),
        read(`deploy/${unit}`).replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`),
      );
    const timer = join(folder, 'super-root.timer');
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', timer], { encoding: 'utf8' });
    expect(verified.stderr.split('\n').filter((line) => line.includes('super-root'))).toEqual([]);
    const [when] = directive(read('deploy/super-root.timer'), 'OnCalendar');
    const { stdout } = spawnSync('systemd-analyze', ['calendar', '--iterations=4', when!], {
      encoding: 'utf8',
    });
    expect(new Set(stdout.match(/\d\d:10:00 UTC/g))).toEqual(
      new Set(['00:10:00 UTC', '06:10:00 UTC', '12:10:00 UTC', '18:10:00 UTC']),
    );
    rmSync(folder, { recursive: true });
  },
);

describe('docs/deploy.md', () => {
  test.each(Object.entries(environmentNames))(
    'names the gateway setting %s with its variable %s',
    (path, variable) => {
      expect(read('docs/deploy.md')).toMatch(new RegExp(`^\\| \`${path}\` \\| \`${variable}\` \\|`, 'm'));
    },
  );
});
