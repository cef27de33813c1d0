import { describe, expect, it } from 'vitest';
import picocolors from 'picocolors';
import * as keys from '../../../core/contract/keys.js';
import { BROKEN_OFF_AFTER_MS } from '../../../core/contract/submit-claim.js';
import { statusLines } from '../../../runner/commands/status.js';
import { newJobMemory } from '../../../runner/controller/memory.js';
import { UserError } from '../../../runner/errors.js';
import { readFleetView } from '../../../runner/status/fleet-view.js';
import { listJobs, readJobProgress, readJobStatus } from '../../../runner/status/job-status.js';
import { never, Stage } from '../controller/stage.js';

const terminal = { colors: picocolors.createColors(false), columns: 80 };

describe('the status of a job', () => {
  it('is exact though no controller ever ran, and writes nothing', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.commit('a', 0, 2);
    await stage.commit('a', 2, 10, true);
    const written = stage.store.writes.length;
    expect(await readJobStatus(stage.ports, 'a', never)).toEqual({
      job: 'a',
      state: 'running',
      instanceHours: { used: 0 },
      batches: { total: 3, done: 2, failed: 1 },
      items: { total: 30, ok: 8, failed: 12 },
      fleet: {
        target: 0,
        fulfilled: 0,
        pending: 0,
        running: 0,
        noticed: 0,
        draining: 0,
        starting: 0,
        idle: 0,
        busy: 0,
      },
      shapes: [],
      silent: [],
      preparing: [],
      phases: [],
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'someone',
      dataset: 'drugs.csv',
      model: 'herg.ts',
    });
    expect(stage.store.writes).toHaveLength(written);
  });

  it('says how its workers run the model, and why', async () => {
    const stage = new Stage();
    stage.target = 4;
    await stage.addJob('a', 3);
    await stage.arrive();
    const eight = { slots: 8, concurrency: 1, settled: true, reason: '8 slots: the model uses 0.97 of a core' };
    const trying = { slots: 1, concurrency: 4, settled: false, reason: '1 slot with 4 slices at once, to see' };
    await stage.say('i-0', { slots: 1, shape: { ...trying, job: 'a' } });
    await stage.say('i-1', { slots: 8, shape: { ...eight, job: 'a', hint: 'Fewer would do.' } });
    await stage.say('i-2', { slots: 8, shape: { ...eight, job: 'a', hint: 'Fewer would do.' } });
    await stage.say('i-3', { slots: 3, shape: { ...eight, job: 'b' } });
    const status = await readJobStatus(stage.ports, 'a', never);
    expect(status.shapes).toEqual([
      { ...eight, workers: 2, hint: 'Fewer would do.' },
      { ...trying, workers: 1 },
    ]);
    const lines = statusLines(status, terminal).join('\n');
    expect(lines).toContain('8 slots: the model uses 0.97 of a core (on 2 workers)');
    expect(lines).toContain('1 slot with 4 slices at once, to see (on 1 worker)');
    expect(lines).toMatch(/hint +Fewer would do\./);
  });

  it('shows small amounts of instance-hours beside a small bound', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    const status = await readJobStatus(stage.ports, 'a', never);
    const usedText = (instanceHours: typeof status.instanceHours): string =>
      statusLines({ ...status, instanceHours }, terminal).find((line) => line.includes('instance-hours')) ?? '';
    expect(usedText({ used: 0.000_44, max: 0.001 })).toMatch(/used +0\.00044 instance-hours of at most 0\.001$/);
    expect(usedText({ used: 0.4 })).toMatch(/used +0\.40 instance-hours$/);
    expect(usedText({ used: 1.234, max: 20 })).toMatch(/used +1\.23 instance-hours of at most 20$/);
  });

  it('names the last resume with the options that resumes have changed, and how to resume an ended job', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.commit('a', 0, 2);
    const end = { kind: 'end', state: 'failed', reason: 'Too many items failed.', at: '2026-01-01T00:01:00.000Z' };
    const resume = {
      kind: 'resume',
      by: 'ada',
      before: { batches: { done: 1, failed: 0 }, items: { ok: 2, failed: 0 } },
    };
    const entries = [
      { ...end, number: 1 },
      { ...resume, number: 2, at: '2026-01-01T00:02:00.000Z', options: { maxWorkers: 3 } },
      { ...end, number: 3 },
      { ...resume, number: 4, at: '2026-01-01T00:03:00.000Z', options: { maxWorkers: 3, maxFailed: '5%' } },
    ];
    const options = { maxWorkers: 3, maxFailed: '5%' };
    await stage.write(keys.endsKey('a'), JSON.stringify({ version: 1, entries }));
    const running = await readJobStatus(stage.ports, 'a', never);
    expect(running.resumed).toEqual({ times: 2, at: '2026-01-01T00:03:00.000Z', by: 'ada', options });
    const lines = statusLines(running, terminal).join('\n');
    expect(lines).toMatch(/resumed +2026-01-01 \d\d:03:00 by ada \(resumed 2 times\)/);
    expect(lines.replaceAll(/\s+/g, ' ')).toContain('changed: --max-failed 5%, --max-workers 3');
    expect(lines).not.toContain('spotpool resume');

    await stage.write(keys.endsKey('a'), JSON.stringify({ version: 1, entries: [...entries, { ...end, number: 5 }] }));
    const failed = statusLines(await readJobStatus(stage.ports, 'a', never), terminal, ' --local');
    expect(failed).toContain('  To compute the batches that are left: spotpool resume a --local');
  });

  it('fits the terminal, whatever the reason of the end is', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    const reason = '4 of its 30 items have failed, and --max-failed is 3. '.repeat(5).trim();
    const entries = [{ kind: 'end', number: 1, state: 'failed', reason, at: '2026-01-01T00:01:00.000Z' }];
    await stage.write(keys.endsKey('a'), JSON.stringify({ version: 1, entries }));
    const lines = statusLines(await readJobStatus(stage.ports, 'a', never), terminal);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(reason);
  });

  it('includes the shapes of workers that have ended', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    const told = { at: '', job: 'a', code: 'slot-shape', slots: 2, concurrency: 1 };
    const events = [
      { ...told, instance: 'i-1', settled: false, message: '2 slots: so far.' },
      { ...told, instance: 'i-1', settled: true, message: '2 slots: in the end.' },
    ];
    await stage.write(keys.jobEventsKey('a', 'i-1', 0), events.map((event) => JSON.stringify(event)).join('\n'));
    expect((await readJobStatus(stage.ports, 'a', never)).shapes).toEqual([
      { slots: 2, concurrency: 1, settled: true, workers: 1, reason: '2 slots: in the end' },
    ]);
  });

  it('goes on from the count of a controller, and from its own', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.commit('a', 0);
    await stage.pass();
    await stage.commit('a', 1);
    const memory = newJobMemory();
    expect((await readJobProgress(stage.store, 'a', never, memory)).batches.done).toBe(2);
    await stage.commit('a', 2);
    expect(await readJobProgress(stage.store, 'a', never, memory)).toMatchObject({
      state: 'complete',
      batches: { done: 3 },
    });
  });

  it('says why a job was cancelled or failed', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.addJob('b', 3);
    await stage.write(keys.cancelledKey('a'), JSON.stringify({ at: 'noon', by: 'someone' }));
    await stage.write(keys.doneKey('b'), JSON.stringify({ state: 'failed', reason: 'no model', at: 'noon' }));
    expect(await readJobProgress(stage.store, 'a', never)).toMatchObject({
      state: 'cancelled',
      reason: 'Cancelled by someone at noon.',
    });
    expect(await readJobProgress(stage.store, 'b', never)).toMatchObject({ state: 'failed', reason: 'no model' });
  });

  it('is a mistake of the user when there is no such job', async () => {
    const stage = new Stage();
    await stage.write(keys.inputPartKey('half', 0), '1\n');
    await expect(readJobStatus(stage.ports, 'nope', never)).rejects.toThrow(UserError);
    await expect(readJobStatus(stage.ports, 'nope', never)).rejects.toThrow('There is no job nope');
    await expect(readJobStatus(stage.ports, 'half', never)).rejects.toThrow('are being uploaded');
    stage.store.nowMs += BROKEN_OFF_AFTER_MS;
    await expect(readJobStatus(stage.ports, 'half', never)).rejects.toThrow('broke off');
  });
});

describe('all jobs', () => {
  it('are listed newest first, without those that have no manifest', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    await stage.addJob('b', 1, {}, 0);
    const manifest = JSON.parse(stage.store.text(keys.manifestKey('b')) ?? '') as object;
    await stage.write(keys.manifestKey('b'), JSON.stringify({ ...manifest, createdAt: '2026-02-01T00:00:00.000Z' }));
    await stage.write(keys.inputPartKey('half', 0), '1\n');
    const jobs = await listJobs(stage.store, never);
    expect(jobs.map(({ job, state }) => [job, state])).toEqual([
      ['b', 'submitting'],
      ['a', 'running'],
    ]);
  });
});

describe('the fleet', () => {
  it('is shown with the status of each worker', async () => {
    const stage = new Stage();
    stage.target = 6;
    await stage.arrive();
    await stage.say('i-1', { phase: 'idle', slots: 2 });
    await stage.say('i-2', { notice: 'interruption', phase: 'draining' });
    await stage.say('i-3', { phase: 'draining' });
    stage.end('i-4', true);
    stage.instances = stage.instances.map((seen) => (seen.instance === 'i-5' ? { ...seen, state: 'pending' } : seen));
    const view = await readFleetView(stage.ports, never);
    expect(view.counts).toEqual({
      target: 6,
      fulfilled: 4,
      pending: 1,
      running: 2,
      noticed: 1,
      draining: 1,
      starting: 0,
      idle: 1,
      busy: 1,
    });
    expect(view.instances.map(({ instance, standing }) => [instance, standing])).toEqual([
      ['i-0', 'running'],
      ['i-1', 'running'],
      ['i-2', 'noticed'],
      ['i-3', 'draining'],
      ['i-5', 'pending'],
      ['i-4', undefined],
    ]);
    expect(view.instances[1]).toMatchObject({ phase: 'idle', slots: 2 });
    expect(view.published).toBeUndefined();
  });
});

describe('what instances do before they can compute', () => {
  it('is shown while they do it, and afterwards how long each step took', async () => {
    const stage = new Stage();
    stage.target = 3;
    await stage.addJob('a', 3);
    await stage.arrive();
    const since = '2026-01-01T00:00:05.000Z';
    const preparing = { job: 'a', phase: 'environment', doing: 'installing 14 packages for m.py', since } as const;
    const phases = [
      { phase: 'boot', ms: 1_200 },
      { phase: 'fetch', ms: 300, bytes: 2_000_000 },
      { phase: 'load', ms: 75_000 },
    ] as const;
    await stage.say('i-0', { slots: 1, preparing });
    await stage.say('i-1', { slots: 1, preparing: { ...preparing, since: '2026-01-01T00:00:04.000Z' } });
    const shape = { job: 'a', slots: 1, concurrency: 1, settled: true, reason: '1 slot' };
    await stage.say('i-2', { slots: 1, shape, prepared: { job: 'a', phases } });
    const status = await readJobStatus(stage.ports, 'a', never);
    expect(status.preparing).toEqual([
      { phase: 'environment', doing: preparing.doing, instances: 2, since: '2026-01-01T00:00:04.000Z' },
    ]);
    expect(status.phases[1]).toEqual({ phase: 'fetch', workers: 1, medianMs: 300, longestMs: 300, bytes: 2_000_000 });
    const lines = statusLines(status, terminal).join('\n');
    expect(lines).toMatch(/now +2 instances are installing 14 packages for m\.py, since \d\d:\d\d:04/);
    expect(lines).toMatch(/phases +boot 1\.2 s · model 0\.3 s \(2\.0 MB\) · load 1 m 15 s/);
  });
});
