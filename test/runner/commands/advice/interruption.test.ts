import { describe, expect, it } from 'vitest';
import type { JobProgress } from '../../../../runner/controller/report.js';
import { type Interruption, interruptionLines } from '../../../../runner/commands/advice/interruption.js';

const progress = (change: Partial<JobProgress> = {}, done = 2): JobProgress => ({
  job: 'j',
  state: 'running',
  batches: { total: 5, done, failed: 0 },
  items: { total: 10, ok: 2 * done, failed: 0 },
  instanceHours: { used: 0 },
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'ada',
  dataset: 'data.csv',
  model: 'model.ts',
  ...change,
});
const text = (left: Partial<Interruption>): string =>
  interruptionLines({
    how: 'Stopped',
    own: false,
    isKept: false,
    controlled: true,
    progress: undefined,
    where: '',
    ...left,
  }).join('\n');

/** Each of these sentences is true only in the situations that list it. */
const CLAIMS = {
  goesOn: 'goes on without this command',
  kept: 'Its results: spotpool results j',
  lost: 'finished results are lost',
  safe: 'finished results are kept',
  sameCommand: 'To go on with job j, run the same command again.',
  nothing: 'nothing was computed',
  continues: '--id j',
  resumes: 'batches that are left: spotpool resume j',
} as const;
type Claim = keyof typeof CLAIMS;

const situations: readonly (readonly [string, Partial<Interruption>, readonly Claim[], RegExp?])[] = [
  ['nothing was sent', {}, [], /no job was begun/],
  ['the submit was under way, and no job is there', { begun: { job: 'j' } }, ['continues']],
  [
    'some of its batches were sent',
    { begun: { job: 'j' }, progress: progress({ state: 'submitting' }) },
    ['continues'],
    /compute the batches that are in the queue[^]*spotpool cancel j/,
  ],
  [
    'another submit was followed',
    { begun: { job: 'j', follows: 'bob' } },
    [],
    /while bob was submitting job j\. This command has changed nothing/,
  ],
  ['it runs under a controller', { job: 'j', progress: progress() }, ['goesOn'], /2 of 5 batches are done, 3 are left/],
  [
    'it runs, and the stack has no controller',
    { job: 'j', controlled: false, progress: progress() },
    [],
    /no instance starts while nobody follows the job/,
  ],
  ['the stack does not answer', { job: 'j', how: 'Broken off' }, [], /its state could not be read in time/],
  ['it is complete', { job: 'j', progress: progress({ state: 'complete' }, 5) }, ['kept'], /Job j is complete/],
  ['it was cancelled with results', { job: 'j', progress: progress({ state: 'cancelled' }) }, ['kept', 'resumes']],
  [
    'it failed without results',
    { job: 'j', progress: progress({ state: 'failed' }, 0) },
    ['resumes'],
    /It has no results/,
  ],
  [
    'its results are in the file',
    { job: 'j', resultsFile: 'r.jsonl', progress: progress({ state: 'complete' }, 5) },
    [],
    /in r\.jsonl/,
  ],
  [
    'its own submit broke off',
    { job: 'j', progress: progress({ state: 'submitting', brokenOff: { sent: 1, heardAt: 'noon' } }) },
    ['continues'],
    /broke off/,
  ],
  ['an own cloud, before the submit', { own: true }, ['nothing'], /To start again, run the same command\./],
  ['an own cloud, in the middle of the submit', { own: true, begun: { job: 'j' } }, ['nothing']],
  ['an own cloud, with work done', { own: true, job: 'j', progress: progress() }, ['lost'], /2 of 5/],
  ['an own cloud, with nothing done', { own: true, job: 'j', progress: progress({}, 0) }, [], /0 of 5/],
  ['an own cloud that does not answer', { own: true, job: 'j', how: 'Broken off' }, ['lost']],
  [
    'a kept cloud, before the submit',
    { own: true, isKept: true },
    ['nothing'],
    /To start again, run the same command\./,
  ],
  [
    'a kept cloud, in the middle of the submit',
    { own: true, isKept: true, begun: { job: 'j' } },
    ['sameCommand', 'nothing'],
  ],
  [
    'a kept cloud, with work done',
    { own: true, isKept: true, job: 'j', progress: progress() },
    ['safe', 'sameCommand'],
  ],
  [
    'a kept cloud that does not answer',
    { own: true, isKept: true, job: 'j', how: 'Broken off' },
    ['safe', 'sameCommand'],
  ],
  [
    'an own cloud, when the results are in the file',
    { own: true, job: 'j', resultsFile: 'r.jsonl', progress: progress({ state: 'complete' }, 5) },
    [],
    /results were in r\.jsonl/,
  ],
];

describe('the report of a command that ends before its job', () => {
  it.each(situations.map(([what, left, claims, said]) => ({ what, left, claims, said })))(
    'is true when $what',
    (situation) => {
      const { left, claims, said = /./ } = situation;
      const lines = text(left);
      expect(lines).toMatch(said);
      const claimed = (Object.keys(CLAIMS) as Claim[]).filter((claim) => lines.includes(CLAIMS[claim]));
      expect(claimed).toEqual(claims);
      expect(lines.startsWith(left.how ?? 'Stopped') || left.progress?.brokenOff !== undefined).toBe(true);
    },
  );

  it('names the stack in each command', () => {
    const lines = text({ job: 'j', where: ' --local', progress: progress() });
    for (const command of ['watch', 'results', 'cancel']) expect(lines).toContain(`spotpool ${command} j --local`);
  });
});
