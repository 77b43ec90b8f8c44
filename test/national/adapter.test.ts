import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, faults } from '@tianyuan/trace-china-sim';
import { exampleRecord } from '@tianyuan/trace-china-sim/record.ts';
import { readEnvironments } from '@tianyuan/trace-api/national/environments/environments-file.ts';
import type { NationalEnvironments } from '@tianyuan/trace-api/national/environments/environment.ts';
import type { NationalFault } from '@tianyuan/trace-api/national/fault.ts';
import {
  type AdapterOptions,
  httpNationalAdapter,
} from '@tianyuan/trace-api/national/http-national-adapter.ts';
import type { NationalTraceAdapter } from '@tianyuan/trace-api/national/national-trace-adapter.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SimulatorProcess, startSimulator } from './simulator-process.ts';

const code = exampleRecord.traceCode;
/** Far longer than an honest answer takes on a busy machine, and far shorter. */
const patientMs = 20_000;
const hastyMs = 200;

let simulator: SimulatorProcess;
const opened: NationalTraceAdapter[] = [];

beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(async () => {
  vi.useRealTimers();
  await simulator.setFaults();
  await simulator.setClock(0);
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
});
afterAll(() => simulator?.dispose());

function readConfig(timeoutMs: number, file = simulator.environmentsFile): NationalEnvironments {
  const config = readEnvironments(file);
  return { ...config, environments: config.environments.map((one) => ({ ...one, timeoutMs })) };
}

function openAdapter(config = readConfig(patientMs), options: AdapterOptions = {}): NationalTraceAdapter {
  const adapter = httpNationalAdapter(config, { retryMs: 1, ...options });
  opened.push(adapter);
  return adapter;
}

describe('a record of the national platform', () => {
  it('is verified under its SM2 key, and kept as it came', async () => {
    const answer = await openAdapter().fetchRecord(code);
    expect(answer).toMatchObject({ state: 'record', environment: 'simulator', document: exampleRecord });
    expect(answer.response).toMatchObject({ status: 200, signature: 'valid', keyId: 'tc-sm2-1' });
    expect(JSON.parse(Buffer.from(answer.response!.body).toString())).toEqual(exampleRecord);
  });

  it.each([
    [['--encoding', 'der'], 'tc-sm2-1'],
    [['--algorithm', 'RSA-SHA256'], 'tc-rsa-1'],
  ])('is verified of a platform that signs with %s', async (flags, keyId) => {
    const other = await startSimulator(...flags);
    try {
      const answer = await openAdapter(readConfig(patientMs, other.environmentsFile)).fetchRecord(code);
      expect(answer).toMatchObject({ state: 'record', response: { signature: 'valid', keyId } });
    } finally {
      await other.dispose();
    }
  });

  it('is not verified under a key that is not trusted, or under another id of the signer', async () => {
    const config = readConfig(patientMs);
    const [environment] = config.environments;
    const trustedKeys = environment!.trustedKeys.map((key) => ({ ...key, keyId: `${key.keyId}x` }));
    const stranger = { ...config, environments: [{ ...environment!, trustedKeys }] };
    const form = { ...environment!.form, userId: 'ALICE123@YAHOO.COM' };
    // With its own id wrong, too, a client is refused; the refusal does not verify either.
    const otherId = { ...config, environments: [{ ...environment!, form }] };
    for (const wrong of [stranger, otherId]) {
      expect(await openAdapter(wrong).fetchRecord(code)).toMatchObject({
        state: 'fault',
        fault: 'bad-signature',
      });
    }
  });
});

/** Of faults that are on together, what a client sees: the simulator's order, and nothing unsigned is believed. */
function expected(on: readonly Fault[]): NationalFault | 'record' {
  const has = (fault: Fault) => on.includes(fault);
  if (has('down')) return 'unavailable';
  if (has('slow')) return 'slow';
  if (has('error-500')) return 'unavailable';
  if (has('expired-credential')) return 'expired-credential';
  if (has('bad-signature')) return 'bad-signature';
  if (has('malformed')) return 'malformed';
  return has('unknown-code') ? 'unknown-code' : 'record';
}

const pairs = faults.flatMap((one, index) => [[one], ...faults.slice(index + 1).map((two) => [one, two])]);

describe('every fault, singly and in pairs', () => {
  it.each(pairs.map((on) => [on.join(' and '), on] as const))('%s', async (_, on) => {
    await simulator.setFaults(...on);
    const wanted = expected(on);
    const answer = await openAdapter(readConfig(wanted === 'slow' ? hastyMs : patientMs)).fetchRecord(code);
    expect(answer.state === 'fault' ? answer.fault : answer.state).toBe(wanted);
    if (answer.state === 'record') expect(answer.document).not.toEqual(exampleRecord); // `changed-record` alone
  });

  it('that ended is over at the next question, and a stopped platform is unavailable', async () => {
    const adapter = openAdapter();
    expect(await simulator.stop()).toBe(0);
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'fault', fault: 'unavailable' });
    await simulator.restart();
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
    expect(adapter.health()).toMatchObject([{ state: 'healthy', fault: undefined }]);
  });
});

describe('credentials', () => {
  it('are renewed once where the platform has forgotten the token', async () => {
    const adapter = openAdapter();
    await adapter.fetchRecord(code);
    await simulator.forgetTokens();
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
  });

  it('rotate without a restart: the file is read again, and an older secret helps out', async () => {
    const adapter = openAdapter();
    await adapter.fetchRecord(code);
    const file = join(simulator.environmentsFile, '..', 'secrets');
    const [old] = readFileSync(file, 'utf8').split('\n');
    await simulator.rotateSecret();
    await simulator.forgetTokens();
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
    const rotated = readFileSync(file, 'utf8');
    writeFileSync(file, `not-yet-known-to-the-platform\n${old}\n`);
    await simulator.forgetTokens();
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
    writeFileSync(file, 'wrong\n');
    await simulator.forgetTokens();
    expect(await adapter.fetchRecord(code)).toMatchObject({ fault: 'expired-credential' });
    writeFileSync(file, rotated);
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
  });

  it('are renewed before a token ends by the clock', async () => {
    let clock = Date.now();
    const answers: string[] = [];
    const adapter = openAdapter(readConfig(patientMs), { now: () => clock });
    for (const offsetMs of [0, 7_000_000, 14_000_000]) {
      await simulator.setClock(offsetMs);
      clock = Date.now() + offsetMs;
      answers.push((await adapter.fetchRecord(code)).state);
    }
    expect(answers).toEqual(['record', 'record', 'record']);
  });
});

describe('clocks', () => {
  it.each([3_600_000, -3_600_000])(
    'that differ by %i ms are told by the signed refusal, and put right',
    async (offsetMs) => {
      await simulator.setClock(offsetMs);
      const adapter = openAdapter();
      expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
      expect(Math.abs(adapter.health()[0]!.skewMs - offsetMs)).toBeLessThan(60_000);
    },
  );

  it('that differ by days are not followed', async () => {
    await simulator.setClock(3 * 86_400_000);
    expect(await openAdapter().fetchRecord(code)).toMatchObject({ fault: 'refused' });
  });
});

describe('a circuit', () => {
  it('opens after three outages, spares the platform for half a minute, and closes with the next good answer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] }); // the circuit's clock; timers stay real
    const start = Date.now();
    const adapter = openAdapter();
    await simulator.setFaults('error-500');
    for (let times = 0; times < 3; times++) await adapter.fetchRecord(code);
    expect(adapter.health()).toMatchObject([{ state: 'open', fault: 'unavailable' }]);
    await simulator.setFaults();
    const spared = await adapter.fetchRecord(code);
    expect(spared).toMatchObject({ fault: 'unavailable', response: undefined });
    expect(spared.state === 'fault' && spared.detail).toMatch(/^not asked/);
    vi.setSystemTime(start + 31_000);
    expect(await adapter.fetchRecord(code)).toMatchObject({ state: 'record' });
    expect(adapter.health()).toMatchObject([{ state: 'healthy' }]);
  });

  it('stays closed where the platform answers, however often it does not know a code', async () => {
    const adapter = openAdapter();
    await simulator.setFaults('unknown-code');
    for (let times = 0; times < 4; times++) await adapter.fetchRecord(code);
    expect(adapter.health()).toMatchObject([{ state: 'healthy' }]);
  });
});

describe('several environments', () => {
  const withGray = (grayUrl: string, fallBack: boolean): NationalEnvironments => {
    const config = readConfig(patientMs);
    const gray = { ...config.environments[0]!, name: 'gray', baseUrl: grayUrl };
    const splits = [{ environment: 'gray', on: true, basisPoints: 0, prefixes: ['3607'] }];
    return { ...config, fallBack, environments: [...config.environments, gray], splits };
  };

  it('answer each for its codes, and the primary one for one that is out', async () => {
    const gone = 'http://127.0.0.1:9'; // discard, where nobody listens
    expect(await openAdapter(withGray(simulator.url, true)).fetchRecord(code)).toMatchObject({
      environment: 'gray',
    });
    const seen: string[] = [];
    const onAnswer: AdapterOptions['onAnswer'] = (answer) =>
      seen.push(`${answer.environment} ${answer.state}`);
    const answer = await openAdapter(withGray(gone, true), { onAnswer }).fetchRecord(code);
    expect(answer).toMatchObject({ environment: 'simulator', state: 'record' });
    expect(seen).toEqual(['gray fault', 'simulator record']);
    expect(await openAdapter(withGray(gone, false)).fetchRecord(code)).toMatchObject({
      environment: 'gray',
      state: 'fault',
    });
  });

  it('tell how they are before anybody wants a record', async () => {
    const adapter = openAdapter(withGray('http://127.0.0.1:9', true));
    expect(await adapter.probe()).toMatchObject([
      { environment: 'simulator', state: 'healthy' },
      { environment: 'gray', state: 'failing', fault: 'unavailable' },
    ]);
  });
});
