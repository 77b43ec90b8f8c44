import { expect, test } from 'vitest';
import { newLinkHealth } from './link-health.ts';

test('a link is up or down since it changed, and one that never worked is down since it is used', () => {
  let at = 5;
  const link = newLinkHealth(() => at);
  expect(link.state()).toEqual({ is: 'unknown', since: 5 });
  at = 10;
  link.failed(new Error('refused'));
  expect(link.state()).toEqual({ is: 'down', since: 5, reason: 'refused' });
  at = 20;
  link.succeeded();
  at = 30;
  link.succeeded();
  expect(link.state()).toEqual({ is: 'up', since: 20 });
  at = 40;
  link.failed('x'.repeat(1000));
  at = 50;
  link.failed(new Error('still'));
  expect(link.state()).toEqual({ is: 'down', since: 40, reason: 'still' });
});

test('a reason names the host and keeps what a URL has behind it, since alarms are logged for ever', () => {
  const link = newLinkHealth(() => 0);
  link.failed(
    new Error('https://user:pass@rpc.example:8545/v2/KEY?token=x does not answer, nor mqtts://b.example/t'),
  );
  expect(link.state()).toMatchObject({ reason: 'rpc.example:8545 does not answer, nor b.example' });
});
