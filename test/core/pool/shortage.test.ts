import { describe, expect, it } from 'vitest';
import { isShort, NOT_SHORT, reportableShortageMs, shortageAfter } from '../../../core/pool/shortage.js';

describe('Spot capacity', () => {
  it.each([
    ['is short when fewer instances are live than the fleet shows and the jobs want', 4, 4, 3, true],
    ['is not short when all are live', 4, 4, 4, false],
    ['is not short for a target that the fleet does not show yet', 4, 2, 2, false],
    ['is not short while the fleet still shows a target that is not wanted any more', 2, 4, 2, false],
    ['is not short when no instance is wanted', 0, 4, 3, false],
  ])('%s', (_, desiredTarget, shownTarget, live, expected) => {
    expect(isShort({ desiredTarget, shownTarget, live })).toBe(expected);
  });

  it('is reported as short only after a minute, since instances may be booting', () => {
    const short = shortageAfter(NOT_SHORT, { isShort: true, atMs: 1_000 });
    expect(reportableShortageMs(NOT_SHORT, 100_000)).toBeUndefined();
    expect(reportableShortageMs(short, 60_999)).toBeUndefined();
    expect(reportableShortageMs(short, 61_000)).toBe(60_000);
  });
});
