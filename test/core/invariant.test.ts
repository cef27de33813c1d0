import { expect, it } from 'vitest';
import { invariant } from '../../core/invariant.js';

it('passes a condition that holds, and throws with the broken promise otherwise', () => {
  invariant(true, 'One is one.');
  expect(() => invariant(false, 'One is one.')).toThrow('Invariant broken: One is one.');
});
