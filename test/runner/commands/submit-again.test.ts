import { beforeEach, describe, expect, it } from 'vitest';
import { cancelledKey, doneKey, endsKey, enqueuedKey, sentKey, submitClaimKey } from '../../../core/contract/keys.js';
import { BROKEN_OFF_AFTER_MS, encodeSubmitClaim } from '../../../core/contract/submit-claim.js';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { FakeStack } from '../../support/fake-stack.js';
import { tempDirectory } from '../model/files.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await tempDirectory({
    'data.txt': 'a\nb\nc\nd\ne\n',
    'model.mjs': 'export const predict = (items) => items;\n',
  });
});

const { signal } = new AbortController();
const put = (key: string, value: unknown): Promise<unknown> =>
  stack.store.put(key, typeof value === 'string' ? value : JSON.stringify(value), { signal });
const job = (command: string, ...more: string[]): Promise<number> =>
  stack.run(command, 'data.txt', '--model', 'model.mjs', '--batch-size', '2', '--id', 'mine', ...more);
const sent = (): number => (stack.undone.get('mine') ?? []).length;

describe.each(['submit', 'run'])('spotpool %s with the id of a job that has ended', (command) => {
  beforeEach(async () => {
    await job('submit');
    stack.terminal.stdout = '';
  });

  async function refused(): Promise<string> {
    const before = sent();
    expect(await job(command)).toBe(1);
    expect(sent()).toBe(before);
    expect(stack.terminal.stdout).not.toMatch(/Continued|Submitted/);
    return stack.terminal.stderr;
  }

  it('says who cancelled the job and when, and what to do now', async () => {
    await stack.commit('mine', 0);
    await put(cancelledKey('mine'), { at: '2026-01-02T03:04:05.000Z', by: 'bob' });
    const text = await refused();
    expect(text).toContain('Job mine was cancelled: Cancelled by bob at 2026-01-02T03:04:05.000Z.');
    expect(text).toContain('1 of 3 batches are done. To fetch what they hold: spotpool results mine');
    expect(text).toContain('another --id');
  });

  it('says why the job failed', async () => {
    await put(doneKey('mine'), { state: 'failed', reason: 'Nobody could load it.', at: '2026-01-02T03:04:05.000Z' });
    const text = await refused();
    expect(text).toContain('Job mine failed at 2026-01-02T03:04:05.000Z: Nobody could load it.');
    expect(text).toContain('No batch of it is done.');
    expect(text).not.toContain('spotpool results');
  });

  it('says that the job is complete, and which command fetches its results', async () => {
    for (const batch of [0, 1, 2]) await stack.commit('mine', batch);
    const text = await refused();
    expect(text).toContain('Job mine is complete: All 3 batches have their outcome');
    expect(text).toContain('spotpool results mine');
  });
});

describe('a job that is submitted again while it runs', () => {
  it('continues, and the command says that the dataset is compared and not uploaded', async () => {
    await job('submit');
    stack.terminal.stdout = '';
    expect(await job('submit')).toBe(0);
    expect(stack.terminal.stdout).toContain('Its dataset is compared with this one');
    expect(stack.terminal.stdout).not.toContain('Uploading');
    expect(stack.terminal.stdout).toContain('Continued job mine');
  });
});

describe('a job that is cancelled while it is submitted', () => {
  it('is not reported as submitted', async () => {
    stack.store.beforeWrite = async (key) => {
      if (key === enqueuedKey('mine')) await put(cancelledKey('mine'), { at: 'now', by: 'bob' });
    };
    expect(await job('submit')).toBe(1);
    expect(stack.terminal.stdout).not.toContain('Submitted');
    expect(stack.terminal.stderr).toContain('Cancelled by bob');
  });
});

describe('a job whose submission was killed before everything was sent', () => {
  beforeEach(async () => {
    await stack.plantJob('mine', 3, { dataset: { ...DATASET, name: 'my data.jsonl' } });
    stack.store.objects.delete(enqueuedKey('mine'));
    await put(sentKey('mine'), { sent: 1 });
    stack.undone.set('mine', []);
  });
  const DATASET = { digest: 'd', kind: 'lines', items: 6, bytes: 100, badItems: 0 } as const;
  const silent = (ms: number): void => void (stack.store.nowMs += ms);

  it.each([
    ['status', 'status', 'mine'],
    ['jobs', 'jobs'],
  ])('is said to be broken off by %s once it has been silent for long, and how to go on', async (_name, ...argv) => {
    silent(BROKEN_OFF_AFTER_MS - 1);
    expect(await stack.run(...argv)).toBe(0);
    expect(stack.terminal.stdout).toContain('submitting');
    expect(stack.terminal.stdout).not.toContain('broke');
    silent(1);
    expect(await stack.run(...argv)).toBe(0);
    expect(stack.terminal.stdout).toMatch(
      /broke off [^]*at least 1 of its 3 batches are in the\s+queue; the others wait until/,
    );
    expect(stack.terminal.stdout).toContain("spotpool submit 'my data.jsonl' --model model.ts --id mine");
  });

  it('counts as broken off at once when the submission has recorded its own end', async () => {
    await put(submitClaimKey('mine'), encodeSubmitClaim({ id: 'x', by: 'ada', beat: 1, stopped: true }));
    expect(await stack.run('jobs')).toBe(0);
    expect(stack.terminal.stdout).toContain('broke off');
  });

  it('counts as submitting as long as its submission gives signs of life', async () => {
    silent(BROKEN_OFF_AFTER_MS);
    await put(submitClaimKey('mine'), encodeSubmitClaim({ id: 'x', by: 'ada', beat: 9, stopped: false }));
    silent(BROKEN_OFF_AFTER_MS / 2);
    expect(await stack.run('status', 'mine', '--json')).toBe(0);
    expect(JSON.parse(stack.terminal.stdout)).not.toHaveProperty('brokenOff');
  });

  it('ends watch and logs --follow, which report it', async () => {
    stack.onTick = () => silent(1_000);
    expect(await stack.run('watch', 'mine')).toBe(1);
    expect(stack.terminal.stderr).toContain('broke off');
    expect(stack.terminal.stderr).toContain('--id mine');
    stack.terminal.stderr = '';
    expect(await stack.run('logs', 'mine', '-f')).toBe(0);
    expect(stack.terminal.stderr).toContain('broke off');
  });

  it('does not end watch while another submission continues it', async () => {
    let ticks = 0;
    stack.onTick = async () => {
      silent(20_000);
      ticks += 1;
      await put(submitClaimKey('mine'), encodeSubmitClaim({ id: 'x', by: 'ada', beat: ticks, stopped: false }));
      if (ticks !== 10) return;
      for (const batch of [0, 1, 2]) await stack.commit('mine', batch);
    };
    expect(await stack.run('watch', 'mine')).toBe(0);
    expect(ticks).toBeGreaterThanOrEqual(10);
  });
});

describe('two submissions of one job at a time', () => {
  it('are not taken for one that broke off, even before the job exists', async () => {
    await put(submitClaimKey('new'), encodeSubmitClaim({ id: 'x', by: 'ada', beat: 1, stopped: false }));
    expect(await stack.run('status', 'new')).toBe(2);
    expect(stack.terminal.stderr).toContain('are being uploaded');
    stack.store.nowMs += BROKEN_OFF_AFTER_MS;
    expect(await stack.run('status', 'new')).toBe(2);
    expect(stack.terminal.stderr).toContain('broke off before its dataset and model were uploaded');
  });
});

describe('a command that is stopped or loses the network before the whole job is submitted', () => {
  it('prints the id of the job that it has begun, although nobody chose one', async () => {
    stack.store.beforeWrite = (key) => {
      if (key.endsWith('/job.json')) stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
      stack.interrupt.signal.throwIfAborted();
    };
    expect(await stack.run('submit', 'data.txt', '--model', 'model.mjs')).toBe(130);
    expect(stack.terminal.stderr).toMatch(/Stopped before the whole job (\S+) was submitted\..* with --id \1\./);
  });

  it('says that no job was begun when nothing was sent', async () => {
    stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    expect(await job('submit')).toBe(130);
    expect(stack.terminal.stderr).toContain('no job was begun');
  });

  it.each(['submit', 'run'])(
    'says so when the network fails (%s), and claims nothing that it cannot know',
    async (command) => {
      stack.store.beforeWrite = (key) => {
        if (key === enqueuedKey('mine')) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      };
      expect(await job(command)).toBe(1);
      expect(stack.terminal.stderr).toContain('Broken off before the whole job mine was submitted');
      expect(stack.terminal.stderr).toContain('read ECONNRESET. The stack could not be reached in several tries');
      expect(stack.terminal.stderr).not.toContain('is lost');
    },
  );
});

describe('a job that ends while it is being cancelled', () => {
  it('is not reported as cancelled', async () => {
    await stack.plantJob('mine', 1);
    stack.store.beforeWrite = async (key) => {
      if (key === endsKey('mine')) await stack.commit('mine', 0);
    };
    expect(await stack.run('cancel', 'mine')).toBe(1);
    expect(stack.terminal.stderr).toContain('ended first (complete)');
    expect(stack.terminal.stdout).not.toContain('is cancelled');
  });
});
