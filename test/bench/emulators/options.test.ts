import { expect, test } from 'vitest';
import { parseOptions } from '../../../bench/emulators/options.js';

test('both suites run unless --only names one; other arguments are filters', () => {
  expect(parseOptions(['localstack', 'sqs/', 's3/keys'])).toEqual({
    emulator: 'localstack',
    parts: ['conformance', 'end-to-end'],
    isWriting: false,
    isServing: false,
    isBreaking: false,
    filters: ['sqs/', 's3/keys'],
  });
  expect(parseOptions(['moto', '--only', 'end-to-end'])).toMatchObject({ parts: ['end-to-end'] });
  expect(parseOptions(['moto', '--serve'])).toMatchObject({ isServing: true });
  expect(parseOptions(['moto', '--only', 'conformance', '--write'])).toMatchObject({ isWriting: true });
});

test.each([
  [[], /localstack or moto/],
  [['minio'], /localstack or moto/],
  [['moto', '--only'], /--only takes conformance or end-to-end/],
  [['moto', '--fast'], /Unknown option --fast/],
  [['moto', '--write', 'sqs/'], /records the whole conformance suite/],
  [['moto', '--write', '--only', 'end-to-end'], /records the whole conformance suite/],
] as const)('%j is refused, with what to do', (args, problem) => {
  expect(parseOptions(args)).toMatchObject({ problem: expect.stringMatching(problem) as string });
});
