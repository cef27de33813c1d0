import { beforeEach, describe, expect, it } from 'vitest';
import { encodeEnds, NO_ENDS, withEnd } from '../../../core/contract/ends.js';
import {
  endsKey,
  inputPartKey,
  jobPrefix,
  manifestKey,
  modelBundleKey,
  rerunKey,
} from '../../../core/contract/keys.js';
import { FakeStack } from '../../support/fake-stack.js';

const { signal } = new AbortController();
let stack: FakeStack;

const put = (key: string, body = '{}'): Promise<unknown> => stack.store.put(key, body, { signal });
const keysOf = (job: string): string[] =>
  [...stack.store.objects.keys()].filter((key) => key.startsWith(jobPrefix(job)) || key === endsKey(job));

/** A job of which every batch is done. */
async function endedJob(job: string, change: Parameters<FakeStack['plantJob']>[2] = {}): Promise<void> {
  await stack.plantJob(job, 2, change);
  await stack.commit(job, 0);
  await stack.commit(job, 1);
  stack.undone.delete(job);
  const end = withEnd(NO_ENDS, { state: 'complete', reason: 'All is done.', at: '2026-01-01T00:00:00.000Z' });
  await put(endsKey(job), encodeEnds(end));
}

beforeEach(() => {
  stack = new FakeStack();
});

describe('spotpool rm', () => {
  it('removes all that the bucket holds of the job, and nothing else', async () => {
    await endedJob('j');
    await endedJob('j-2');
    await put(modelBundleKey('m'), 'model');
    const others = new Map([...stack.store.objects].filter(([key]) => !keysOf('j').includes(key)));
    expect(await stack.run('rm', 'j', '--yes', '--json')).toBe(0);
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({
      job: 'j',
      removed: { objects: expect.any(Number) as number },
    });
    expect(keysOf('j')).toEqual([]);
    expect(new Map(stack.store.objects)).toEqual(others);
    expect(await stack.run('status', 'j')).toBe(2);
  });

  it('asks first, and changes nothing without a yes', async () => {
    await endedJob('j');
    const before = keysOf('j');
    stack.answer = false;
    expect(await stack.run('rm', 'j')).toBe(1);
    expect(stack.asked).toEqual([expect.stringContaining('Remove job j with its dataset and its results (')]);
    stack.answer = undefined;
    expect(await stack.run('rm', 'j')).toBe(2);
    expect(stack.terminal.stderr).toContain('Add --yes to remove it.');
    expect(keysOf('j')).toEqual(before);
  });

  it('refuses a job that got a rerun while the question waited for its answer', async () => {
    await endedJob('j');
    await stack.plantJob('again', 1, { parent: 'j' });
    await put(rerunKey('j', 'again'));
    const [marked] = [...stack.store.objects].filter(([key]) => key === rerunKey('j', 'again'));
    stack.store.objects.delete(rerunKey('j', 'again'));
    stack.asked.push = (question) => {
      if (marked !== undefined) stack.store.objects.set(...marked);
      return Array.prototype.push.call(stack.asked, question);
    };
    stack.answer = true;
    expect(await stack.run('rm', 'j')).toBe(2);
    expect(stack.terminal.stderr).toContain('has 1 rerun (again)');
    expect(stack.store.objects.has(manifestKey('j'))).toBe(true);
  });

  it('refuses a job that is not over, and says how to end it', async () => {
    await stack.plantJob('j', 2);
    const before = keysOf('j');
    expect(await stack.run('rm', 'j', '--yes')).toBe(2);
    expect(stack.terminal.stderr).toContain(
      'is not over (running), so it is not removed. End it first: spotpool cancel j',
    );
    expect(keysOf('j')).toEqual(before);
  });

  it('refuses a job with reruns, and lets the parent go once its reruns are gone', async () => {
    await endedJob('j');
    await endedJob('again', { parent: 'j' });
    await put(rerunKey('j', 'again'));
    await put(rerunKey('j', 'never-submitted'));
    expect(await stack.run('rm', 'j', '--yes')).toBe(2);
    expect(stack.terminal.stderr).toContain('has 1 rerun (again), whose results show through it. Remove it first.');
    expect(await stack.run('rm', 'again', '--yes')).toBe(0);
    expect(stack.store.objects.has(rerunKey('j', 'again'))).toBe(false);
    expect(await stack.run('rm', 'j', '--yes')).toBe(0);
    expect([...stack.store.objects.keys()].filter((key) => key.startsWith('jobs/'))).toEqual([]);
  });

  it('refuses a job whose rerun is being submitted, and lets it go when that submit has broken off', async () => {
    await endedJob('j');
    await put(rerunKey('j', 'again'));
    await put(inputPartKey('again', 0), '1\n');
    expect(await stack.run('rm', 'j', '--yes')).toBe(2);
    expect(stack.terminal.stderr).toContain('has 1 rerun (again)');
    stack.store.nowMs += 3_600_000;
    expect(await stack.run('rm', 'j', '--yes')).toBe(0);
  });

  it('says that there is no such job, and refuses a name that is none', async () => {
    await endedJob('j');
    expect(await stack.run('rm', 'other', '--yes')).toBe(2);
    expect(stack.terminal.stderr).toContain('There is no job other in this stack.');
    expect(await stack.run('rm', '../j', '--yes')).toBe(2);
    expect(stack.terminal.stderr).toContain('"../j" is not a job id.');
  });

  it('removes what a submit has left that broke off, but not the input of one that is at work', async () => {
    await put(inputPartKey('j', 0), '1\n');
    expect(await stack.run('rm', 'j', '--yes')).toBe(2);
    expect(stack.terminal.stderr).toContain('Job j is being submitted');
    stack.store.nowMs += 3_600_000;
    expect(await stack.run('rm', 'j', '--yes')).toBe(0);
    expect(keysOf('j')).toEqual([]);
  });

  it('says that an instance which is up may still write something', async () => {
    await endedJob('j');
    stack.staysUp = true;
    stack.instances = [
      { instance: 'i-1', state: 'running', instanceType: 'c7g.large', zone: 'a', launchedAtMs: 0, reclaimed: false },
    ];
    expect(await stack.run('rm', 'j', '--yes')).toBe(0);
    expect(stack.terminal.stderr).toContain('When none is left, this removes it: spotpool rm j');
    stack.instances = [];
    await endedJob('k');
    expect(await stack.run('rm', 'k', '--yes')).toBe(0);
    expect(stack.terminal.stderr).not.toContain('spotpool rm k');
  });

  it('goes on after it was broken off at any object', async () => {
    await endedJob('j');
    const deletions = keysOf('j').length;
    for (let broken = 1; broken <= deletions; broken += 1) {
      stack = new FakeStack();
      await endedJob('j');
      stack.store.nowMs += 3_600_000;
      let left = broken;
      stack.store.beforeWrite = () => {
        if (--left === 0) throw new Error('The machine is gone.');
      };
      expect(await stack.run('rm', 'j', '--yes')).toBe(1);
      expect(stack.store.objects.has(manifestKey('j')), 'a job with a manifest is whole').toBe(broken === 1);
      stack.store.beforeWrite = () => undefined;
      expect(await stack.run('rm', 'j', '--yes'), `broken off at object ${broken}`).toBe(0);
      expect(keysOf('j')).toEqual([]);
    }
  });

  it('fails when somebody still writes to the job', async () => {
    await endedJob('j');
    let stray = 0;
    stack.store.beforeWrite = (key) => {
      if (stack.store.objects.has(key))
        void stack.store.objects.set(`${jobPrefix('j')}stray-${(stray += 1)}`, {
          body: Buffer.from(''),
          etag: '"e"',
          metadata: {},
          lastModifiedMs: 0,
        });
    };
    expect(await stack.run('rm', 'j', '--yes')).toBe(1);
    expect(stack.terminal.stderr).toContain(
      'Somebody still writes below jobs/j/. Wait a minute, and run the command again.',
    );
  });
});
