import { afterEach, expect, test, vi } from 'vitest';
import { has, pathOf } from './components.ts';

afterEach(() => vi.unstubAllEnvs());

// 'chromium' is looked for on PATH and in no folder that an empty PATH leaves.
test('a missing component skips a test on a developer’s machine and fails it in CI', () => {
  vi.stubEnv('PATH', '');
  vi.stubEnv('CI', '');
  expect(has('chromium')).toBe(false);
  expect(() => pathOf('chromium')).toThrow(/no chromium, chromium-browser, google-chrome/);
  vi.stubEnv('CI', 'true');
  expect(() => has('chromium')).toThrow(/no chromium/);
});
