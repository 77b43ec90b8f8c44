import { expect, test } from 'vitest';
import { belowFloor, readCoverage } from './line-coverage.ts';

const lcov = `TN:
SF:merkle/Rfc6962.sol
DA:1,5
DA:2,0
DA:3,1
DA:9,1
end_of_record
TN:
SF:anchor-log/AnchorLog.sol
DA:1,1
end_of_record
`;

test('the lines of each file are read, and those that were not reached', () => {
  expect(readCoverage(lcov)).toEqual([
    { file: 'merkle/Rfc6962.sol', lines: 4, missed: [2] },
    { file: 'anchor-log/AnchorLog.sol', lines: 1, missed: [] },
  ]);
});

test('a file below its floor, one without and one that is gone are each said', () => {
  const measured = readCoverage(lcov);
  expect(belowFloor(measured, { 'merkle/Rfc6962.sol': 75, 'anchor-log/AnchorLog.sol': 100 })).toEqual([]);
  expect(belowFloor(measured, { 'merkle/Rfc6962.sol': 76, 'gone.sol': 1 })).toEqual([
    'merkle/Rfc6962.sol has to be reached to 76 %',
    'anchor-log/AnchorLog.sol has no floor: give it one',
    'gone.sol was not measured',
  ]);
});
