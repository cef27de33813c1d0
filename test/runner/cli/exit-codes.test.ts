import { expect, it } from 'vitest';
import { definedFields } from '../../../core/defined-fields.js';
import type { MaxFailed } from '../../../core/contract/max-failed.js';
import type { Judged } from '../../../core/pool/success.js';
import { exitCodeOf } from '../../../runner/cli/exit-codes.js';

const job = (
  state: Judged['state'],
  [ok, failed]: readonly [number, number],
  more: { readonly givenUp?: number; readonly maxFailed?: MaxFailed } = {},
): Judged => ({
  state,
  batches: { failed: more.givenUp ?? 0 },
  items: { total: 100, ok, failed },
  ...definedFields({ maxFailed: more.maxFailed }),
});

it.each<readonly [number, string, Judged]>([
  [0, 'every item is ok', job('complete', [100, 0])],
  [0, 'one item is ok, and no maximum was given', job('complete', [1, 99])],
  [0, 'as many failed as may', job('complete', [95, 5], { maxFailed: '5%' })],
  [0, 'all of them may fail, and all of them did', job('complete', [0, 100], { maxFailed: '100%' })],
  [3, 'not one item is ok', job('complete', [0, 100])],
  [3, 'one more failed than may', job('complete', [94, 6], { maxFailed: '5%' })],
  [3, 'the job was ended for its failed items', job('failed', [40, 6], { maxFailed: 5 })],
  [3, 'the job was ended because nothing was ok', job('failed', [0, 20])],
  [3, 'too many failed and batches were given up', job('complete', [0, 100], { givenUp: 2 })],
  [1, 'batches were given up', job('complete', [90, 10], { givenUp: 1 })],
  [1, 'batches were given up, all whose items may fail', job('failed', [0, 40], { givenUp: 20, maxFailed: '100%' })],
  [1, 'the job failed for another reason', job('failed', [0, 0])],
  [1, 'somebody cancelled it', job('cancelled', [0, 40])],
  [1, 'it has not ended yet', job('running', [0, 40])],
])('the exit code is %i when %s', (code, _, judged) => {
  expect(exitCodeOf(judged)).toBe(code);
});
