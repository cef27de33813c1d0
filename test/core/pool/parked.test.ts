import { expect, it } from 'vitest';
import { isParked } from '../../../core/pool/parked.js';

const zero = { desiredTarget: 0, shownTarget: 0, live: 0, awaitsTarget: false };

it('counts the fleet as parked only at zero: wanted, shown, live, and nothing awaited (R9)', () => {
  expect(isParked(zero)).toBe(true);
  expect(isParked({ ...zero, desiredTarget: 1 })).toBe(false);
  expect(isParked({ ...zero, shownTarget: 1 })).toBe(false);
  expect(isParked({ ...zero, live: 1 })).toBe(false);
  expect(isParked({ ...zero, awaitsTarget: true })).toBe(false);
});
