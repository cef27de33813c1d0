import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN_MODELS } from '../support/broken-models.js';
import { realProbe, type RealProbe } from '../support/real-probe.js';
import { expectFound } from '../support/try-broken.js';

let real: RealProbe;
beforeAll(async () => {
  real = await realProbe();
});
afterAll(async () => {
  await real.remove();
});

describe('try finds, before anything is sent or started,', () => {
  it.each(BROKEN_MODELS)('$name', async (broken) => {
    await expectFound(broken, real.probe);
    expect(await real.leftOver()).toEqual([]);
  });
});
