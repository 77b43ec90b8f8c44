import { expect, test } from 'vitest';
import { choosePolicy } from './choose-policy.ts';

test('nothing is trusted where no policy is named and this checkout has no deployment', () => {
  expect(choosePolicy({}, 'no/such/file.json')).toEqual({
    policy: {},
    source: expect.stringContaining('what needs trust is not checked'),
  });
});

test('a policy that was named and is missing is an error, never an empty policy', () => {
  expect(() => choosePolicy({ policy: 'no/such/file.json' }, 'another.json')).toThrow('no/such/file.json');
});

test('half a chain pinned by hand is an error that names what is missing', () => {
  expect(() => choosePolicy({ chainId: '1337', finality: 'instant' }, 'no/such/file.json')).toThrow(
    /chain\.anchorLog.*\n.*chain\.deviceRegistry/,
  );
});
