import { expect, test } from 'vitest';
import { newGrowth } from './growth.ts';

test('waits until it is due, looking now and after every announcement', async () => {
  const growth = newGrowth();
  const { signal } = new AbortController();
  let size = 5;
  await growth.until(() => size >= 5, signal);
  let looks = 0;
  const grown = growth.until(() => {
    looks += 1;
    return size >= 7;
  }, signal);
  growth.announce();
  await Promise.resolve();
  size = 7;
  growth.announce();
  await grown;
  expect(looks).toBeGreaterThanOrEqual(2);
});

test('wakes everybody, and lets go of who was aborted', async () => {
  const growth = newGrowth();
  const stopping = new AbortController();
  let due = false;
  const waiting = [
    growth.until(() => due, new AbortController().signal),
    growth.until(() => due, new AbortController().signal),
  ];
  const stopped = growth.until(() => due, stopping.signal);
  stopping.abort();
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  due = true;
  growth.announce();
  await Promise.all(waiting);
});
