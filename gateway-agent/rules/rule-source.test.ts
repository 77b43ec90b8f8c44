import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import type { RuleSet } from './rule-set.ts';
import { type RuleSource, openRuleSource } from './rule-source.ts';

const rules = (seconds: number | string) => `version: 1\nexpectedIntervalSeconds: ${seconds}\n`;
const secondsOf = (source: RuleSource) => source.current().general.expectedIntervalMs! / 1000;

function openOn(text: string) {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  const file = join(path, 'rules.yaml');
  writeFileSync(file, text);
  const changes: RuleSet[] = [];
  const faults: Error[] = [];
  const changed = new EventEmitter();
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    {},
    {
      write: (line: string) => {
        lines.push(JSON.parse(line) as Record<string, unknown>);
        changed.emit('line');
      },
    },
  );
  const source = openRuleSource(file, {
    logger,
    onChange(now) {
      if (faults.length > 0) throw faults.shift()!;
      changes.push(now);
      changed.emit('change');
    },
  });
  onTestFinished(source.close);
  return { file, source, changes, changed, lines, faults };
}

describe('the rules in force', () => {
  test('are built in where there is no file', () => {
    const source = openRuleSource(undefined, { logger: pino({ enabled: false }), onChange: () => {} });
    source.reload();
    expect(source.current()).toMatchObject({ digest: undefined });
  });

  test('a file that cannot be used stops the start, with its lines', () => {
    expect(() => openOn(rules('soon'))).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringMatching(/rules\.yaml.*\n {2}line 2: exp/),
      }),
    );
    expect(() =>
      openRuleSource('/nowhere/rules.yaml', { logger: pino({ enabled: false }), onChange: () => {} }),
    ).toThrow(expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('no such file') }));
  });

  test('change with the file, written over or replaced', async () => {
    const { file, source, changes, changed } = openOn(rules(1));
    const over = once(changed, 'change');
    writeFileSync(file, rules(2));
    await over;
    expect(secondsOf(source)).toBe(2);
    writeFileSync(`${file}.new`, rules(3));
    const replaced = once(changed, 'change');
    renameSync(`${file}.new`, file);
    await replaced;
    expect(secondsOf(source)).toBe(3);
    expect(new Set(changes.map(({ digest }) => digest)).size).toBe(2);
  });

  test('are told again where that could not be logged, and end nothing', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { file, source, changes, lines, faults } = openOn(rules(1));
    faults.push(new Error('the disk is full'), new Error('the disk is full'), new Error('the disk is full'));
    writeFileSync(file, rules(2));
    source.reload();
    source.reload();
    vi.advanceTimersByTime(10_000);
    expect(changes).toEqual([]);
    expect(secondsOf(source)).toBe(2);
    expect(lines.filter(({ level }) => level === 50)).toHaveLength(3);
    vi.advanceTimersByTime(10_000);
    source.reload();
    vi.advanceTimersByTime(20_000);
    expect(changes.map(({ digest }) => digest)).toEqual([source.current().digest]);
  });

  test('stay while the file is bad, and it is said once which line', () => {
    const { file, source, changes, lines } = openOn(rules(1));
    writeFileSync(file, rules('soon'));
    source.reload();
    source.reload();
    expect(secondsOf(source)).toBe(1);
    expect(source.refusal()).toMatchObject({ faults: [{ line: 2 }] });
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([{ faults: [{ line: 2 }] }]);
    rmSync(file);
    source.reload();
    expect(secondsOf(source)).toBe(1);
    writeFileSync(file, rules(1));
    source.reload();
    expect(source.refusal()).toBeUndefined();
    expect(changes).toEqual([]);
  });
});
