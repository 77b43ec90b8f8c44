import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { environmentNames, loadConfig } from './config.ts';
import { newTestDirectory } from './test-store.ts';

const least = { gateway: 'gw-1', origin: 'gw-1.example/log', dataDir: '/var/lib/tianyuan' };

function fileWith(text: string): string {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  const file = join(path, 'gateway.yaml');
  writeFileSync(file, text);
  return file;
}

const refusal = (flags: Record<string, string>, file?: string): string => {
  try {
    loadConfig(file, {}, flags);
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG' });
    return (error as Error).message;
  }
  throw new Error('the configuration was taken');
};

describe('the configuration', () => {
  test('needs three settings; the rest keeps to this machine', () => {
    expect(loadConfig(undefined, {}, least)).toMatchObject({
      ...least,
      mqtt: { host: '127.0.0.1', port: 1883 },
      http: { host: '127.0.0.1', port: 8081 },
      anchorIntervalMs: 60_000,
      quarantineMaxBytes: 67_108_864,
      logLevel: 'info',
    });
  });

  test('wants an account from whoever anchors directly, and a trace API where a hub does', () => {
    const chain = { 'chain.rpcUrl': 'http://127.0.0.1:8545', 'chain.deployment': '/etc/deployment.json' };
    expect(refusal({ ...least, ...chain })).toMatch(
      /chain\.accountKey: .*\(also TIANYUAN_CHAIN_ACCOUNT_KEY\)/,
    );
    expect(refusal({ ...least, ...chain, anchoring: 'hub' })).toContain('traceUrl: a hub anchors');
    const traceUrl = 'http://127.0.0.1:8080';
    expect(loadConfig(undefined, {}, { ...least, ...chain, traceUrl, anchoring: 'hub' })).toMatchObject({
      anchoring: 'hub',
      chain: { confirmations: 0 },
    });
  });

  test('flags win over the environment, which wins over the file', () => {
    const file = fileWith(`
gateway: from-file
origin: from-file.example
dataDir: from-file
mqtt: { host: 10.0.0.1, port: 1 }
http: { port: 2 }
`);
    const environment = {
      TIANYUAN_ORIGIN: 'from-environment.example',
      TIANYUAN_MQTT_PORT: '3',
      TIANYUAN_GATEWAY_DATA: 'from-environment',
    };
    expect(loadConfig(file, environment, { 'mqtt.port': '5', dataDir: 'from-flag' })).toMatchObject({
      gateway: 'from-file',
      origin: 'from-environment.example',
      dataDir: 'from-flag',
      mqtt: { host: '10.0.0.1', port: 5 },
      http: { host: '127.0.0.1', port: 2 },
    });
  });

  test('a variable that is set to nothing is not set', () => {
    const config = loadConfig(undefined, { TIANYUAN_MQTT_PORT: '', TIANYUAN_TRACE_URL: '' }, least);
    expect(config).toMatchObject({ mqtt: { port: 1883 } });
    expect(config.traceUrl).toBeUndefined();
  });

  test('a chain is configured whole', () => {
    const environment = {
      TIANYUAN_CHAIN_RPC_URL: 'http://127.0.0.1:8545',
      TIANYUAN_CHAIN_DEPLOYMENT: 'deployment.json',
      TIANYUAN_CHAIN_ACCOUNT_KEY: 'account.key',
      TIANYUAN_CHAIN_CONFIRMATIONS: '12',
    };
    expect(loadConfig(undefined, environment, least).chain).toEqual({
      rpcUrl: 'http://127.0.0.1:8545',
      deployment: 'deployment.json',
      accountKey: 'account.key',
      confirmations: 12,
    });
    expect(refusal({ ...least, 'chain.rpcUrl': 'http://127.0.0.1:8545' })).toMatch(
      /chain\.deployment: .*\(also TIANYUAN_CHAIN_DEPLOYMENT\)/,
    );
  });

  test('BLOCKCHAIN_NODES names the nodes where nothing of the gateway’s own does', () => {
    const chain = { 'chain.deployment': 'deployment.json', 'chain.accountKey': 'account.key' };
    const nodes = 'http://10.0.0.1:8545,http://10.0.0.2:8545';
    const load = (environment: Record<string, string>) =>
      loadConfig(undefined, environment, { ...least, ...chain }).chain?.rpcUrl;
    expect(load({ BLOCKCHAIN_NODES: nodes })).toBe(nodes);
    expect(load({ BLOCKCHAIN_NODES: nodes, TIANYUAN_CHAIN_RPC_URL: 'http://own:8545' })).toBe(
      'http://own:8545',
    );
    expect(load({ BLOCKCHAIN_NODES: nodes, TIANYUAN_CHAIN_RPC_URL: '' })).toBe(nodes);
  });

  test('every setting that a variable can set is one of the schema', () => {
    for (const path of Object.keys(environmentNames)) {
      expect(refusal({ [path]: '\n' })).not.toContain('Unrecognized');
    }
  });

  test('what is missing is named, each with its variable', () => {
    expect(refusal({})).toMatch(
      /^the configuration cannot be used:\n {2}gateway: .*TIANYUAN_GATEWAY\)\n {2}origin: .*TIANYUAN_ORIGIN\)\n {2}dataDir: .*TIANYUAN_GATEWAY_DATA\)$/,
    );
  });

  test.each([
    ['gateway', 'Gate/1'],
    ['gateway', '..'],
    ['origin', 'two words'],
    ['origin', 'a+b'],
    ['origin', 'a\u0001b'], // would be signed, and then be no note
    ['dataDir', ''],
    ['mqtt.port', '65536'],
    ['mqtt.port', '-1'],
    ['mqtt.port', '1e3'],
    ['mqtt.port', '0x10'],
    ['mqtt.port', ' 1883'],
    ['mqtt.port', ''],
    ['mqtt.port', '1883.5'],
    ['http.port', 'http'],
    ['traceUrl', 'trace.example'],
    ['traceUrl', 'ftp://trace.example'],
    ['anchorIntervalMs', '-1'],
    ['verifyThreads', '65'],
    ['quarantineMaxBytes', 'much'],
    ['logLevel', 'loud'],
  ])('%s cannot be %j', (path, value) => {
    const message = refusal({ ...least, [path]: value });
    expect(message.split('\n')).toHaveLength(2);
    expect(message).toContain(`\n  ${path}: `);
    expect(message).toContain(`(also ${environmentNames[path]})`);
  });

  test.each(['null', 'true', '"x"', '[1]', '1.5'])('a port in the file cannot be %s', (value) => {
    expect(refusal(least, fileWith(`mqtt: { port: ${value} }`))).toContain('mqtt.port: ');
  });

  test('a setting that does not exist is named, at any depth', () => {
    expect(refusal(least, fileWith('mqqt: { port: 1 }'))).toContain('mqqt');
    expect(refusal(least, fileWith('mqtt: { prot: 1 }'))).toMatch(/mqtt: .*prot/);
  });

  test.each([
    ['gateway: [', /is not YAML/],
    ['', /holds no settings/],
    ['- gateway', /holds no settings/],
    ['just text', /holds no settings/],
  ])('a file with %j is refused', (text, message) => {
    const file = fileWith(text);
    expect(refusal(least, file)).toMatch(message);
    expect(refusal(least, file)).toContain(file);
  });

  test('a file that is not there is named', () => {
    expect(refusal(least, '/nowhere/gateway.yaml')).toBe(
      'there is no configuration file /nowhere/gateway.yaml',
    );
  });
});
