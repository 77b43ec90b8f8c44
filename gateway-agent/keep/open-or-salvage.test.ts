import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { suspectStore } from './open-or-salvage.ts';

test('a suspicion is written down, and where that cannot be, nothing is thrown', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  expect(suspectStore(path)).toBeUndefined();
  expect(existsSync(join(path, 'gateway.db.suspect'))).toBe(true);
  expect(suspectStore(join(path, 'unplugged'))).toMatchObject({ code: 'ENOENT' });
});
