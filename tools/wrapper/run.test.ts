import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { environmentFor } from './run.mjs';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'run-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A wrapper around a program of these lines. */
function wrap(program: string, args: string[] = []) {
  const target = join(folder, 'program.ts');
  writeFileSync(target, program);
  const node = { path: process.execPath, version: process.versions.node };
  const script = `
    import { environmentFor, runTarget } from ${JSON.stringify(join(import.meta.dirname, 'run.mjs'))};
    const env = environmentFor(${JSON.stringify(node)}, '/checkout');
    await runTarget({ checkout: '/checkout', target: ${JSON.stringify(target)}, args: ${JSON.stringify(args)}, env });`;
  // Detached: in a session of its own it has no terminal, whoever runs this test.
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('runTarget', () => {
  test('passes arguments on and ends with the code of the program', async () => {
    const wrapper = wrap(`console.log(process.argv.slice(2).join('|')); process.exit(7);`, [
      '-- a',
      '--flag',
    ]);
    const [[output], exit] = await Promise.all([once(wrapper.stdout, 'data'), once(wrapper, 'exit')]);
    expect(String(output)).toBe('-- a|--flag\n');
    expect(exit).toEqual([7, null]);
  });

  test('ends by the signal that the program ended by', async () => {
    expect(
      await once(wrap(`process.kill(process.pid, 'SIGABRT'); setInterval(() => {}, 1000);`), 'exit'),
    ).toEqual([null, 'SIGABRT']);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'hands on %s and waits for a clean stop',
    async (signal) => {
      const wrapper = wrap(`
      process.once('${signal}', () => setImmediate(() => { console.log('stopped'); process.exit(0); }));
      setInterval(() => {}, 1000);
      console.log('started');`);
      const [started] = await once(wrapper.stdout, 'data');
      expect(String(started)).toBe('started\n');
      wrapper.kill(signal);
      const [[stopped], exit] = await Promise.all([once(wrapper.stdout, 'data'), once(wrapper, 'exit')]);
      expect(String(stopped)).toBe('stopped\n');
      expect(exit).toEqual([0, null]);
    },
  );
});

test('the environment puts the chosen Node first, and quiets only the Node that needs it', () => {
  const env = { PATH: '/usr/bin', NODE_OPTIONS: '--trace-uncaught' };
  expect(environmentFor({ path: '/t/bin/node', version: '24.18.1' }, '/checkout', env)).toMatchObject({
    PATH: '/t/bin:/checkout/node_modules/.bin:/usr/bin',
    NODE: '/t/bin/node',
    NODE_OPTIONS: '--trace-uncaught',
  });
  expect(environmentFor({ path: '/t/bin/node', version: '24.0.0' }, '/checkout', env)).toMatchObject({
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning --trace-uncaught',
  });
});
