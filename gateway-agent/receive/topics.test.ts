import { describe, expect, test } from 'vitest';
import { topicKind } from './topics.ts';

describe('a topic, to device d-1 of gateway gw-1', () => {
  test.each([
    ['ty/v1/gw-1/d-1/up', 'up'],
    ['ty/v1/gw-1/d-1/status', 'status'],
    ['ty/v1/gw-1/d-2/up', 'foreign'],
    ['ty/v1/gw-2/d-1/up', 'foreign'],
    ['ty/v2/gw-1/d-1/up', 'foreign'],
    ['ty/v1/gw-1/d-1/up/', 'foreign'],
    ['/ty/v1/gw-1/d-1/up', 'foreign'],
    ['TY/v1/gw-1/d-1/up', 'foreign'],
    ['ty/v1/gw-1/d-1/down', 'foreign'],
    ['$SYS/broker/new/clients', 'foreign'],
    ['', 'foreign'],
  ])('%s is %s', (topic, kind) => {
    expect(topicKind(topic, 'gw-1', 'd-1')).toBe(kind);
  });
});
