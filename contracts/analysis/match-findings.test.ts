import { expect, test } from 'vitest';
import { type Answer, type Finding, matchFindings } from './match-findings.ts';

const finding = (at: string[], where = 'DeviceRegistry._enrol'): Finding => ({
  check: 'incorrect-equality',
  impact: 'Medium',
  where,
  at,
});
const answer = (at: string[], where?: string): Answer => {
  const { check, where: place } = finding(at, where);
  return { check, where: place, at, says: 'a subject is a hash' };
};

test('an answer is to one finding, whatever the order of its source texts', () => {
  const { taken, open, stale } = matchFindings(
    [finding(['b == 0', 'a == 0'])],
    [answer(['a == 0', 'b == 0'])],
  );
  expect([taken.length, open, stale]).toEqual([1, [], []]);
});

test('a second finding of the check in one function is open', () => {
  const found = [finding(['subject == 0']), finding(['keyNumber == 0'])];
  expect(matchFindings(found, [answer(['subject == 0'])]).open).toEqual([found[1]]);
  // Twice the very same one needs two answers.
  const twice = [finding(['subject == 0']), finding(['subject == 0'])];
  expect(matchFindings(twice, [answer(['subject == 0'])]).open).toHaveLength(1);
});

test('more source text in one finding is another finding', () => {
  const found = [finding(['subject == 0', 'block.timestamp == 0'])];
  const { open, stale } = matchFindings(found, [answer(['subject == 0'])]);
  expect([open.length, stale.length]).toEqual([1, 1]);
});

test('an answer to nothing is stale', () => {
  const gone = answer([], 'DeviceRegistry._gone');
  expect(matchFindings([finding([])], [answer([]), gone]).stale).toEqual([gone]);
});
