import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Observer } from './calls.js';
import { simulate } from './simulate.js';

async function digestOf(seed: number): Promise<string> {
  const hash = createHash('sha256');
  const observer: Observer = {
    onCall: ({ atMs, process, operation, ...act }) => hash.update(JSON.stringify([atMs, process.name, operation, act])),
    onWorkerEvent: (process, event) => hash.update(JSON.stringify([process.name, event])),
  };
  await simulate({ seed, observers: [observer] });
  return hash.digest('hex');
}

describe('the simulation', () => {
  it('gives the same history for the same seed', async () => {
    expect(await digestOf(7)).toBe(await digestOf(7));
    expect(await digestOf(7)).not.toBe(await digestOf(8));
  });

  it.each([1, 2, 3, 4])('heals the pool of seed %i', async (seed) => {
    expect((await simulate({ seed })).problems).toEqual([]);
  });
});
