import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRlp } from 'ethers';
import { parse as parseToml } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { runCommandLine } from '../../commands/command-line.ts';
import { qbftExtraData } from './extra-data.ts';

// Besu is not run here: what it would be given is held against its own lists and examples, see vectors/README.md.

const vector = async (name: string) => readFile(new URL(`vectors/${name}`, import.meta.url), 'utf8');
const json = async (text: Promise<string>) => JSON.parse(await text) as Record<string, never>;

describe('extraData', () => {
  test('is what Besu publishes of the same validators, put into order', async () => {
    type Example = { source: string; validators: string[]; extraData: string };
    const examples = (await json(vector('extra-data.json'))) as unknown as Example[];
    expect(examples).toHaveLength(3);
    for (const { validators, extraData } of examples) {
      // Besu takes them in the order in which they are given; its documentation asks for the ascending one.
      const [vanity, , ...rest] = decodeRlp(extraData) as unknown[];
      const ascending = validators.toSorted();
      expect(decodeRlp(qbftExtraData(validators))).toEqual([vanity, ascending, ...rest]);
      if (validators.join() === ascending.join()) expect(qbftExtraData(validators)).toBe(extraData);
      // The list's bytes and lengths too, which the decoded form does not show.
      const swapped = ascending.reduce(
        (text, address, i) => text.replace(address.slice(2), `<${i}>`),
        qbftExtraData(validators),
      );
      expect(validators.reduce((text, address, i) => text.replace(`<${i}>`, address.slice(2)), swapped)).toBe(
        extraData,
      );
    }
  });
});

describe('`chain network besu`', () => {
  let home: string;
  let out: string;
  const names = ['farm-3', 'carrier-1', 'shop', 'inspector'];
  const consortium = {
    chainId: 20_260,
    validators: names.map((name, i) => ({ name, host: `192.0.2.${i + 1}` })) as object[],
    members: [{ name: 'trace-api', host: 'trace.example' }],
    accounts: ['0xFE3B557E8Fb62b89F4916B721be55cEb828dBd73'],
  };

  async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const written = { stdout: '', stderr: '' };
    const code = await runCommandLine(args, {
      out: (text) => (written.stdout += text),
      err: (text) => (written.stderr += text),
    });
    return { code, ...written };
  }

  async function generate(name: string, content: object, ...more: string[]) {
    await writeFile(join(home, `${name}.json`), JSON.stringify(content));
    return run('network', 'besu', join(home, `${name}.json`), '--out', join(home, name), ...more);
  }

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tianyuan-besu-'));
    out = join(home, 'network');
    const { code, stdout } = await generate('network', consortium);
    expect(code).toBe(0);
    expect(stdout).toMatch(/validator farm-3 0x[0-9a-f]{40}  key made here/);
  });
  afterAll(() => rm(home, { recursive: true }));

  const read = (...path: string[]) => readFile(join(out, ...path), 'utf8');

  test('has no option that Besu does not have, and each of the type that Besu takes', async () => {
    const known = parseToml(await vector('everything_config.toml'), { integersAsBigInt: 'asNeeded' });
    // Early access, and in no list: app/src/main/java/org/hyperledger/besu/cli/options/DnsOptions.java
    const hidden = { 'Xdns-enabled': false, 'Xdns-update-enabled': false };
    for (const name of [...names, 'trace-api']) {
      const config = parseToml(await read(name, 'config.toml'));
      for (const [option, value] of Object.entries(config)) {
        const example =
          (known as Record<string, unknown>)[option] ?? (hidden as Record<string, unknown>)[option];
        expect([option, typeof value, Array.isArray(value)]).toEqual([
          option,
          typeof example,
          Array.isArray(example),
        ]);
      }
    }
  });

  test('costs nothing, lets in nobody else, and keeps votes and allowlists to the operator', async () => {
    const validator = parseToml(await read('farm-3', 'config.toml'));
    expect(validator).toMatchObject({
      'min-gas-price': 0,
      'discovery-enabled': false,
      'permissions-nodes-config-file-enabled': true,
      'permissions-accounts-config-file-enabled': true,
      'rpc-http-host': '127.0.0.1',
    });
    const member = parseToml(await read('trace-api', 'config.toml'));
    expect(member['rpc-http-api']).toEqual(['ETH', 'NET', 'WEB3']);
  });

  test('allows and dials every other node, and itself not', async () => {
    const nodes = (await json(read('nodes.json'))) as unknown as { name: string; enode: string }[];
    const example = parseToml(await vector('permissioning_config.toml'));
    for (const { name } of nodes) {
      const others = nodes.filter((node) => node.name !== name).map(({ enode }) => enode);
      const permissions = parseToml(await read(name, 'data', 'permissions_config.toml'));
      expect(Object.keys(permissions).toSorted()).toEqual(Object.keys(example).toSorted());
      expect(permissions['nodes-allowlist']).toEqual(others);
      expect(await json(read(name, 'static-nodes.json'))).toEqual(others);
    }
    for (const { enode } of nodes) expect(enode).toMatch(/^enode:\/\/[0-9a-f]{128}@[a-z0-9.]+:\d+$/);
  });

  test('has one genesis for all, of fields that Besu reads, with the validators that have the keys', async () => {
    const genesis = await read('genesis.json');
    for (const name of names) expect(await read(name, 'genesis.json')).toBe(genesis);
    const parsed = JSON.parse(genesis) as {
      config: { qbft: object; zeroBaseFee: boolean };
      extraData: string;
    };
    const known = (await json(vector('genesis-options.json'))) as Record<string, string[]>;
    expect(known['top']).toEqual(expect.arrayContaining(Object.keys(parsed)));
    expect(known['config']).toEqual(expect.arrayContaining(Object.keys(parsed.config)));
    expect(known['qbft']).toEqual(expect.arrayContaining(Object.keys(parsed.config.qbft)));
    expect(parsed.config.zeroBaseFee).toBe(true);
    const nodes = (await json(read('nodes.json'))) as unknown as { address: string; role: string }[];
    const validators = nodes.filter(({ role }) => role === 'validator').map(({ address }) => address);
    expect(parsed.extraData).toBe(qbftExtraData(validators));
  });

  test('keeps keys from others, and never replaces one', async () => {
    const key = join(out, 'farm-3', 'data', 'key');
    expect((await stat(key)).mode & 0o077).toBe(0);
    expect(await readFile(key, 'utf8')).toMatch(/^[0-9a-f]{64}$/);
    expect(await generate('network', consortium)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^REFUSED: /),
    });
    // One that its organisation made itself is asked for by its public half only.
    const made = await run('network', 'key', '--out', join(home, 'own'));
    const { publicKey, address } = JSON.parse(made.stdout) as { publicKey: string; address: string };
    const [first, ...others] = consortium.validators;
    const own = { ...consortium, validators: [{ ...first, publicKey }, ...others] };
    expect((await generate('with-own', own)).stdout).toContain(`validator farm-3 ${address}\n`);
    expect(await readdir(join(home, 'with-own', 'farm-3', 'data'))).toEqual(['permissions_config.toml']);
  });

  test('gives a node that joins later the genesis that is', async () => {
    const later = { ...consortium, members: [...consortium.members, { name: 'farm-9', host: '192.0.2.9' }] };
    expect((await generate('later', later, '--genesis', join(out, 'genesis.json'))).code).toBe(0);
    expect(await readFile(join(home, 'later', 'farm-9', 'genesis.json'), 'utf8')).toBe(
      await read('genesis.json'),
    );
  });

  test('has compose files of the Compose Specification, and units that systemd takes', async () => {
    // Its `$schema` is not spelt as the drafts are called.
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const specification = z.fromJSONSchema({ ...(await json(vector('compose-spec.json'))), $schema });
    expect(
      specification.safeParse({ services: { besu: { image: 'besu', restarts: 'always' } } }).success,
    ).toBe(false);
    for (const name of names) {
      const compose = parseYaml(await read(name, 'compose.yaml')) as object;
      expect(specification.safeParse(compose).error?.issues).toBeUndefined();
      const unit = (await read(name, 'besu.service')).replace('/opt/besu/bin/besu', process.execPath);
      await writeFile(join(home, 'besu.service'), unit);
      const verify = spawnSync('systemd-analyze', ['verify', '--man=no', join(home, 'besu.service')], {
        encoding: 'utf8',
      });
      if (verify.error === undefined)
        expect(verify.stderr.split('\n').filter((line) => line.includes('besu'))).toEqual([]);
    }
  });

  test.each([
    ['three validators', { validators: consortium.validators.slice(1) }, /four/],
    ['two nodes of one name', { members: [{ name: 'shop', host: '192.0.2.8' }] }, /two nodes of name shop/],
    ['an address that is none', { accounts: ['0x1'] }, /accounts/],
    ['a field that is not known', { gasPrice: 1 }, /gasPrice/],
  ])('refuses %s', async (name, change, words) => {
    const { code, stderr } = await generate(name.replaceAll(' ', '-'), { ...consortium, ...change });
    expect([code, stderr]).toEqual([1, expect.stringMatching(words)]);
  });
});
