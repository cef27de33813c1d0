import { expect, it } from 'vitest';
import { nextStep } from '../../../../runner/commands/advice/next-step.js';

const progress = (state: 'complete' | 'failed' | 'cancelled', ok: number, done = 10) => ({
  job: 'herg',
  state,
  batches: { total: 10, done, failed: 0 },
  items: { total: 100, ok, failed: 100 - ok },
});
const lasting = { own: false, flags: { local: true } };
const own = { own: true, flags: { local: true } };

it('a success has no next step', () => {
  expect(nextStep(progress('complete', 100), lasting)).toBeUndefined();
});

it('the next step after a failure reads the logs of the model, with the options that name the stack', () => {
  expect(nextStep(progress('failed', 0), lasting)).toBe('To read all logs of the model: spotpool logs herg --local');
  expect(nextStep(progress('complete', 0), { own: false, flags: { stack: 'lab.json' } })).toMatch(
    /logs herg --stack lab\.json$/,
  );
});

it('the next step never reads from a local cloud that is gone', () => {
  expect(nextStep(progress('failed', 0), own)).not.toContain('herg');
  expect(nextStep(progress('cancelled', 50), own)).toBeUndefined();
});

it('the next step after a cancel fetches the finished results', () => {
  expect(nextStep(progress('cancelled', 50), lasting)).toMatch(/spotpool results herg --local$/);
  expect(nextStep(progress('cancelled', 0, 0), lasting)).toBeUndefined();
});
