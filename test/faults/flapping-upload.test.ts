import { openTestUpload } from '@tianyuan/gateway-agent/deliver/test-upload.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openFlappingLink } from './flapping-link.ts';

test('over a link to the trace API that breaks wherever in a request or an answer, all of a log arrives once and in order', async () => {
  // Full jitter at its least: no test waits for a backoff.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const { api, log, append, growth, open, uploadAll, expectMirrored } = await openTestUpload(
    onTestFinished,
    3000,
  );
  const link = await openFlappingLink(Number(new URL(api.url).port), 60_000);
  onTestFinished(() => link.close());
  const uploader = open({ url: `http://127.0.0.1:${link.port}/` });
  // What comes in meanwhile is behind it, in its place; after so many cuts all of it shall arrive.
  const more = setInterval(() => {
    if (link.cuts() >= 12) {
      link.mend();
      return clearInterval(more);
    }
    append(1);
    growth.announce();
  }, 20);
  onTestFinished(() => clearInterval(more));
  do await uploadAll(uploader);
  while (link.cuts() < 12);
  expect(link.cuts()).toBeGreaterThanOrEqual(12);
  expect(log.size()).toBeGreaterThan(3000);
  expectMirrored();
});
