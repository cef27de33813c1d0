import { expect, it } from 'vitest';
import { nextStep } from '../../../../runner/commands/advice/next-step.js';

const progress = (state: 'complete' | 'failed' | 'cancelled', ok: number, done = 10) => ({
  job: 'herg',
  state,
  batches: { total: 10, done, failed: 0 },
  items: { total: 100, ok, failed: 100 - ok },
  instanceHours: { used: 0.4, max: 1 },
});
const lasting = { own: false, flags: { local: true } };
const own = { own: true, flags: { local: true } };

it('a success has no next step', () => {
  expect(nextStep(progress('complete', 100), lasting)).toBeUndefined();
});

it('the next steps after a failure read the logs of the model and compute the rest, with the options that name the stack', () => {
  expect(nextStep(progress('failed', 0), lasting)?.split('\n')).toEqual([
    'To read all logs of the model: spotpool logs herg --local',
    'To compute the batches that are left: spotpool resume herg --local',
  ]);
  expect(nextStep(progress('failed', 0), { own: false, flags: { stack: 'lab.json' } })).toMatch(
    /logs herg --stack lab\.json\n.*resume herg --stack lab\.json$/,
  );
});

it('a complete job is never resumed, however many of its items failed', () => {
  expect(nextStep(progress('complete', 0), lasting)).toBe('To read all logs of the model: spotpool logs herg --local');
});

it('a resume that would be refused for its hours is named with more hours', () => {
  const used = { ...progress('failed', 0), instanceHours: { used: 2.2, max: 2 } };
  expect(nextStep(used, lasting)).toMatch(/spotpool resume herg --local --max-instance-hours 5$/);
});

it('the next step never reads from a local cloud that is gone', () => {
  expect(nextStep(progress('failed', 0), own)).not.toContain('herg');
  expect(nextStep(progress('cancelled', 50), own)).toBeUndefined();
});

it('the next steps after a cancel fetch the finished results, if there are any, and compute the rest', () => {
  expect(nextStep(progress('cancelled', 50), lasting)?.split('\n')).toEqual([
    'To fetch the finished results: spotpool results herg --local',
    'To compute the batches that are left: spotpool resume herg --local',
  ]);
  expect(nextStep(progress('cancelled', 0, 0), lasting)).toMatch(/^To compute the batches .* resume herg --local$/);
});
