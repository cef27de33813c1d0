/** Tests that the failure of one job does not harm the others (R13). */
import { beforeEach, describe, expect, it } from 'vitest';
import { holdForUnknown } from '../../../core/pool/capacity.js';
import { NO_ENDS, withEnd } from '../../../core/contract/ends.js';
import * as keys from '../../../core/contract/keys.js';
import { UNREADABLE_FOR_MS } from '../../../runner/controller/observe/read-active-jobs.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import { notifyOfEnds } from '../../../runner/controller/act/notify.js';
import { listJobs } from '../../../runner/status/job-status.js';
import { FakeStack } from '../../support/fake-stack.js';
import { never, Stage } from './stage.js';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

/** Lets S3 fail for this job alone, from now on. */
const breakJob = (job: string): void => {
  stage.store.beforeRead = (key) => {
    if (key.startsWith(keys.jobPrefix(job))) throw new Error(`S3 is out of order for ${job}`);
  };
};

describe('a job that cannot be read', () => {
  it('keeps no other job from its end, and is reported once', async () => {
    await stage.addJob('bad', 2);
    await stage.addJob('good', 1);
    breakJob('bad');
    await stage.commit('good', 0);
    const reports = [await stage.pass(), await stage.pass(), await stage.pass()];
    expect(stage.ended('good')).toMatchObject({ state: 'complete' });
    const told = reports.flatMap(({ events }) => events.filter(({ code }) => code === 'job-trouble'));
    expect(told.map(({ job, message }) => [job, message])).toEqual([
      ['bad', 'Job bad could not be read; retrying, and other jobs go on: S3 is out of order for bad'],
    ]);
    expect([...(reports.at(-1)?.unreadable.keys() ?? [])]).toEqual(['bad']);
  });

  it('is counted all the same when the file of its count cannot be written, and each outcome is read once', async () => {
    await stage.addJob('good', 4);
    await stage.pass();
    for (const batch of [0, 1, 2]) await stage.commit('good', batch);
    const put = stage.store.put.bind(stage.store);
    stage.store.put = (key, ...rest) => {
      if (key === keys.progressKey('good')) throw new Error('S3 takes no file');
      return put(key, ...rest);
    };
    const headed: string[] = [];
    const head = stage.store.head.bind(stage.store);
    stage.store.head = (key, options) => {
      headed.push(key);
      return head(key, options);
    };
    const reports = [await stage.pass(), await stage.pass()];
    expect(stage.target).toBe(1);
    expect(headed).toEqual([0, 1, 2].map((batch) => keys.outcomeKey('good', batch)));
    const told = reports.flatMap(({ events }) => events.filter(({ code }) => code === 'job-trouble'));
    expect(told.map(({ message }) => message)).toEqual([
      'Job good could not be counted in its file; retrying, and other jobs go on: S3 takes no file',
    ]);
    stage.store.put = put;
    await stage.pass();
    expect(stage.json(keys.progressKey('good'))).toMatchObject({ folded: '0-2' });
  });

  it('keeps its last known demand for a quarter of an hour', async () => {
    await stage.addJob('bad', 4);
    await stage.pass();
    expect(stage.target).toBe(4);
    await stage.arrive();
    stage.options.memory?.jobs.get('bad')?.unable.clear();
    delete stage.options.memory?.jobs.get('bad')?.stored;
    breakJob('bad');
    await stage.pass();
    stage.nowMs += UNREADABLE_FOR_MS - 1;
    await stage.pass();
    expect(stage.target).toBe(4);
    stage.nowMs += 1;
    await stage.pass();
    expect(stage.target).toBe(0);
  });

  it('keeps the fleet as it is for a controller that has never read it', async () => {
    await stage.addJob('bad', 4);
    await stage.pass();
    await stage.arrive();
    breakJob('bad');
    const memory = newControllerMemory();
    const report = await stage.pass({ memory });
    expect(stage.target).toBe(4);
    expect(report).toMatchObject({ parked: false, state: { target: 4, grants: 0, jobs: ['bad'] } });
  });

  it('is reported again after it was read in between', async () => {
    await stage.addJob('bad', 2);
    breakJob('bad');
    await stage.pass();
    stage.store.beforeRead = () => undefined;
    await stage.pass();
    delete stage.options.memory?.jobs.get('bad')?.stored;
    breakJob('bad');
    expect((await stage.pass()).events.map(({ code }) => code)).toContain('job-trouble');
  });
});

describe('an act on one job', () => {
  it('may fail without keeping another job from its end', async () => {
    for (const job of ['bad', 'good']) {
      await stage.addJob(job, 1);
      await stage.commit(job, 0);
    }
    stage.store.beforeWrite = (key) => {
      if (key === keys.endsKey('bad')) throw new Error('no');
    };
    const { events } = await stage.pass();
    expect(stage.ended('good')).toMatchObject({ state: 'complete' });
    expect(events.map(({ code, job }) => [code, job])).toContainEqual(['job-trouble', 'bad']);
  });

  it('is retried in the next pass, while another job runs', async () => {
    await stage.addJob('bad', 1);
    await stage.addJob('good', 2);
    await stage.commit('bad', 0);
    stage.store.beforeWrite = (key) => {
      if (key === keys.endsKey('bad')) throw new Error('no');
    };
    await stage.pass();
    stage.store.beforeWrite = () => undefined;
    await stage.pass();
    expect(stage.ended('bad')).toMatchObject({ state: 'complete' });
  });

  it('may fail when people are notified: the notices of other jobs are sent', async () => {
    const memory = newControllerMemory();
    for (const job of ['bad', 'good']) {
      memory.ends.set(job, { ends: withEnd(NO_ENDS, { state: 'failed', reason: 'no', at: '' }), writtenAtMs: 0 });
    }
    stage.store.beforeWrite = (key) => {
      if (key === keys.notifiedKey('bad')) throw new Error('out of order for bad');
    };
    const sent: string[] = [];
    const told = new Set<string>();
    const notifier = { notify: async ({ subject }: { readonly subject: string }) => void sent.push(subject) };
    const means = { store: stage.store, notifier, stack: 's', nowMs: () => 0, signal: never };
    await expect(notifyOfEnds(memory, told, means)).rejects.toThrow('out of order for bad');
    expect([sent.length, [...told]]).toEqual([1, ['good 1']]);
  });
});

describe('the target while jobs cannot be read', () => {
  const decision = { target: 1, jobs: ['a'], reason: '1 batch is left' };
  const published = { target: 3, jobs: ['a', 'bad'] };

  it('stays, is never raised for them, and obeys a teardown', () => {
    const scope = { shownTarget: 3, maxWorkers: 10, published };
    expect(holdForUnknown(decision, [], scope)).toEqual(decision);
    expect(holdForUnknown(decision, ['bad', 'new'], scope)).toMatchObject({ target: 3, jobs: ['a', 'bad'] });
    expect(holdForUnknown({ ...decision, target: 5 }, ['bad'], scope)).toMatchObject({ target: 5 });
    expect(holdForUnknown(decision, ['bad'], { ...scope, maxWorkers: 2 })).toMatchObject({ target: 2 });
    const teardown = { by: 'me', at: '' };
    expect(holdForUnknown(decision, ['bad'], { ...scope, published: { ...published, teardown } })).toEqual(decision);
  });
});

describe('commands', () => {
  it('list the other jobs, name the unreadable one, and exit with 1', async () => {
    const stack = new FakeStack();
    for (const job of ['bad', 'good']) await stack.plantJob(job, 1);
    stack.store.beforeRead = (key) => {
      if (key.startsWith(keys.jobPrefix('bad'))) throw new Error('S3 is out of order');
    };
    expect(await stack.run('jobs')).toBe(1);
    expect(stack.terminal.stdout).toContain('good');
    expect(stack.terminal.stderr).toBe(
      'error: Job bad could not be read, so it is not in the list: S3 is out of order\n',
    );
    await expect(listJobs(stack.store, never)).rejects.toThrow('out of order');
  });

  it('that follow the job give up in the end', async () => {
    const stack = new FakeStack();
    await stack.plantJob('bad', 2);
    stack.undone.clear();
    stack.onTick = () => {
      stack.store.beforeRead = (key) => {
        if (key === keys.progressKey('bad') || key === keys.sentKey('bad')) throw new Error('S3 is out of order');
      };
      stack.store.objects.delete(keys.enqueuedKey('bad'));
    };
    expect(await stack.run('watch', 'bad')).toBe(1);
    expect(stack.terminal.stderr).toContain('S3 is out of order');
  });

  it('report a damaged manifest, instead of calling the submit broken off', async () => {
    const stack = new FakeStack();
    await stack.store.put(keys.manifestKey('j'), 'null', { signal: never });
    expect(await stack.run('status', 'j')).toBe(2);
    expect(stack.terminal.stderr).toContain('jobs/j/job.json is not a manifest of job j');
    expect(await stack.run('jobs')).toBe(0);
    expect(stack.terminal.stderr.match(/warning: The object jobs\/j\/job\.json is not the manifest/g)).toHaveLength(2);
  });
});
