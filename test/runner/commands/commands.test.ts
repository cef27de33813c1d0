import { beforeEach, describe, expect, it } from 'vitest';
import { endsKey } from '../../../core/contract/keys.js';
import { EXIT } from '../../../runner/cli/exit-codes.js';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';

let stack: FakeStack;
beforeEach(() => {
  stack = new FakeStack();
});

const json = (): Record<string, unknown> =>
  JSON.parse(stack.terminal.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;

describe('spotpool status', () => {
  it('prints the object that programs read', async () => {
    await stack.plantJob('j', 3);
    await stack.commit('j', 0, 1);
    expect(await stack.run('status', 'j', '--json')).toBe(0);
    expect(json()).toMatchObject({
      job: 'j',
      state: 'running',
      batches: { total: 3, done: 1, failed: 0 },
      items: { total: 6, ok: 1, failed: 1 },
      fleet: { target: 0, running: 0 },
    });
  });

  it('shows people one screen with the latest events', async () => {
    await stack.plantJob('j', 3);
    await stack.event('j', 1, {
      code: 'slot-rebuilt',
      reason: 'timeout',
      at: '2026-01-01T00:00:01.000Z',
      instance: 'i-1',
      message: 'The model answered nothing for 60 s; its slot is rebuilt.',
    });
    expect(await stack.run('status', 'j')).toBe(0);
    for (const wanted of ['running', 'model.ts', 'data.jsonl', '0 of 3 done', 'by tester', 'its slot is rebuilt']) {
      expect(stack.terminal.stdout).toContain(wanted);
    }
  });

  it('says what to do when the job does not exist', async () => {
    expect(await stack.run('status', 'nothing')).toBe(2);
    expect(stack.terminal.stderr).toContain('spotpool jobs');
  });
});

describe('spotpool watch', () => {
  it('steers the fleet, follows to the end, proves that nothing is left, and ends with the status', async () => {
    await stack.plantJob('j', 6);
    expect(await stack.run('watch', 'j', '--json')).toBe(0);
    const lines = stack.terminal.stdout.trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const codes = events.map(({ event }) => event);
    expect(codes[0]).toBe('following');
    expect(codes).toContain('progress');
    expect(codes.slice(-3)).toEqual(['waiting-for-zero', 'summary', undefined]);
    expect(json()).toMatchObject({ state: 'complete', batches: { done: 6 }, fleet: { target: 0, running: 0 } });
    expect(events.at(-2)).toMatchObject({
      instancesLeft: 0,
      items: { ok: 12 },
      reclaims: { withNotice: 0, withoutNotice: 0 },
    });
    expect(stack.instances).toHaveLength(4);
  });

  it('shows its own change of the target once, although EC2 shows it later', async () => {
    await stack.plantJob('j', 1);
    const { fleet } = stack.context().connect(stack.config);
    let shown = 0;
    stack.broken = {
      fleet: { ...fleet, describe: async (signal) => ({ ...(await fleet.describe(signal)), target: shown }) },
    };
    stack.onTick = () => void (shown = stack.target);
    expect(await stack.run('watch', 'j')).toBe(0);
    expect(stack.terminal.stdout).not.toContain("The fleet's target went from");
  });

  it('names the instance even when a path in the message contains its id', async () => {
    await stack.plantJob('j', 1);
    const message = 'The model could not be loaded from /tmp/i-7/model.mjs.';
    await stack.event('j', 1, {
      at: '2026-01-01T00:00:01.000Z',
      instance: 'i-7',
      code: 'unable',
      phase: 'load',
      job: 'j',
      message,
    });
    await stack.run('watch', 'j');
    expect(stack.terminal.stdout).toContain(`i-7: ${message}`);
  });

  it('shows an instance that was reclaimed without notice', async () => {
    await stack.plantJob('j', 6);
    let ticks = 0;
    stack.onTick = () => {
      ticks += 1;
      if (ticks === 2) stack.end(({ instance }) => instance === 'i-2', true);
    };
    expect(await stack.run('watch', 'j')).toBe(0);
    expect(stack.terminal.stdout).toContain('AWS took i-2 (c7g.large, us-east-1a) without notice');
    expect(stack.terminal.stdout).toContain('1 (0 with notice, 1 without)');
  });

  it('ends with 1 when a batch was given up', async () => {
    await stack.plantJob('j', 2);
    await stack.commit('j', 0, 2, true);
    stack.undone.set('j', [1]);
    expect(await stack.run('watch', 'j')).toBe(1);
    expect(stack.terminal.stdout).toContain('1 given up');
  });

  it('shows the end of a job that ended long ago', async () => {
    await stack.plantJob('j', 1);
    await stack.commit('j', 0);
    stack.undone.clear();
    expect(await stack.run('watch', 'j')).toBe(0);
    expect(stack.terminal.stdout).toContain('Job j is complete.');
    // Nobody saw the instances, so the summary leaves them out and does not print zeros.
    expect(stack.terminal.stdout).not.toMatch(/instance-seconds|on Spot/);
  });

  it('leaves the job running on Ctrl-C, and says how to come back', async () => {
    stack.config = { ...stack.config, controlled: true };
    await stack.plantJob('j', 50);
    stack.onTick = () => {
      if (stack.nowMs % 5_000 === 0) stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    };
    expect(await stack.run('watch', 'j')).toBe(130);
    expect(stack.terminal.stderr).toMatch(/goes on without this command: \d+ of 50 batches (is|are) done/);
    expect(stack.terminal.stderr).toContain('spotpool watch j');
    expect(stack.store.text(endsKey('j'))).toBeUndefined();
    expect(stack.target).toBe(4);
  });
});

describe('spotpool cancel', () => {
  it('ends the job, parks the fleet, and shows the work that is left', async () => {
    await stack.plantJob('j', 9);
    await stack.commit('j', 0);
    stack.target = 3;
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(stack.store.text(endsKey('j'))).toContain('tester');
    expect(stack.target).toBe(0);
    expect(stack.terminal.stdout).toContain('1 of 9 batches (2 items); their results are kept');
    expect(stack.terminal.stdout).toContain('3 instances left (they end themselves once they are idle)');
    expect(await stack.run('cancel', 'j', '--json')).toBe(0);
    expect(json()).toMatchObject({ state: 'cancelled' });
  });

  it('leaves an ended job alone', async () => {
    await stack.plantJob('j', 1);
    await stack.commit('j', 0);
    expect(await stack.run('cancel', 'j')).toBe(1);
    expect(stack.store.text(endsKey('j'))).toBeUndefined();
  });
});

describe('spotpool jobs', () => {
  it('lists all jobs, the newest first', async () => {
    await stack.plantJob('old', 2);
    stack.nowMs += 60_000;
    await stack.plantJob('new', 2);
    await stack.run('jobs');
    expect(stack.terminal.stdout).toMatch(/JOB[\s\S]*new .*running[\s\S]*old .*running/);
    await stack.run('jobs', '--json');
    expect((json()['jobs'] as { job: string }[]).map(({ job }) => job)).toEqual(['new', 'old']);
  });

  it('keeps each row on one line of a terminal, and whole in a pipe', async () => {
    await stack.plantJob('a-job-with-a-name-that-leaves-little-room-on-the-line', 2);
    await stack.run('jobs');
    const whole = stack.terminal.stdout;
    expect(Math.max(...whole.split('\n').map((line) => line.length))).toBeGreaterThan(80);
    stack.terminal = new RecordingTerminal({ columns: 80, rows: 24 }, true);
    await stack.run('jobs');
    const lines = stack.terminal.stdout.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(80);
    expect(lines.map((line) => line.slice(0, 79))).toEqual(whole.split('\n').map((line) => line.slice(0, 79)));
  });

  it('says how to submit the first job', async () => {
    expect(await stack.run('jobs')).toBe(0);
    expect(stack.terminal.stdout).toContain('spotpool submit');
  });
});

describe('spotpool logs', () => {
  const entry = (instance: string, second: number, message: string) => ({
    code: 'model-log' as const,
    stream: 'model' as const,
    at: `2026-01-01T00:00:0${second}.000Z`,
    instance,
    message,
  });

  beforeEach(async () => {
    await stack.plantJob('j', 2);
    await stack.event('j', 1, entry('i-1', 1, 'one'));
    await stack.event('j', 2, entry('i-1', 4, 'four'));
    await stack.event('j', 1, entry('i-2', 2, 'two\x1b[2J'));
    await stack.event('j', 2, entry('i-2', 3, 'three'));
  });

  it('merges the lines of all workers by time, without control characters', async () => {
    expect(await stack.run('logs', 'j')).toBe(0);
    expect(stack.terminal.stdout).toMatch(/one\n.*two.*\n.*three\n.*four\n$/);
    expect(stack.terminal.stdout).not.toContain('\x1b');
  });

  it('shows only one worker with --worker', async () => {
    await stack.run('logs', 'j', '--worker', 'i-2', '--json');
    const lines = stack.terminal.stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { instance: string }).instance)).toEqual(['i-2', 'i-2']);
  });

  it('says so when there are no lines', async () => {
    expect(await stack.run('logs', 'j', '--worker', 'i-9')).toBe(0);
    expect(stack.terminal.stderr).toContain('The instance i-9 has written nothing of job j');
  });

  it('follows until the job has ended, and prints each line once', async () => {
    let ticks = 0;
    stack.onTick = async () => {
      ticks += 1;
      if (ticks === 1) await stack.event('j', 3, entry('i-2', 8, 'late'));
      if (ticks === 2) await Promise.all([stack.commit('j', 0), stack.commit('j', 1)]);
    };
    expect(await stack.run('logs', 'j', '-f')).toBe(0);
    expect(stack.terminal.stdout.match(/one|two|three|four|late/g)).toEqual(['one', 'two', 'three', 'four', 'late']);
  });
});

describe('spotpool fleet', () => {
  it('shows target, fulfilled capacity and live instances, and ended ones with --all', async () => {
    stack.target = 2;
    await stack.run('fleet');
    stack.end(({ instance }) => instance === 'i-1', true);
    await stack.run('fleet');
    expect(stack.terminal.stdout).toContain('target 2');
    expect(stack.terminal.stdout).not.toContain('reclaimed');
    await stack.run('fleet', '--all');
    expect(stack.terminal.stdout).toMatch(/i-1 +reclaimed/);
  });
});

describe('spotpool doctor', () => {
  it('checks everything that a job needs', async () => {
    await stack.run('doctor', '--json');
    const findings = JSON.parse(stack.terminal.stdout) as { what: string; ok: boolean }[];
    const names = ['node', 'installation', 'stack', 'SQS', 'S3 list', 'S3 read', 'EC2', 'switch', 'prices'];
    expect(findings.map(({ what }) => what)).toEqual(names);
    // The installation is built or not, as the tests are run.
    expect(findings.filter(({ ok, what }) => !ok && what !== 'installation')).toEqual([]);
  });

  it('says what to do about each problem, and exits with 1', async () => {
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
    stack.broken = { queue: { send: () => Promise.reject(denied), counts: () => Promise.reject(denied) } };
    expect(await stack.run('doctor')).toBe(1);
    expect(stack.terminal.stdout).toMatch(/problem +SQS.*sqs:GetQueueAttributes.*Ask for this permission/);
  });
});

describe('misuse', () => {
  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['statsu', 'j'], /Did you mean status/],
    [['status'], /missing required argument 'job'/],
    [['status', 'j', '--nope'], /unknown option '--nope'/],
    [['local', 'up', '--arrive-over', 'soon'], /--arrive-over.*'soon'.*500ms, 2s, 5m or 1h/],
    [['local', 'up', '--reclaim', '8s:maybe'], /--reclaim.*8s:maybe.*no-notice/],
  ])('%j exits with 2 and a sentence', async (argv, message) => {
    expect(await stack.run(...argv)).toBe(2);
    expect(stack.terminal.stderr).toMatch(message);
    expect(stack.terminal.stdout).toBe('');
  });

  it.each(['status', 'watch', 'logs', 'results', 'cancel'])(
    '%s asks the stack for nothing that is no job',
    async (command) => {
      const stack = new FakeStack();
      for (const job of ['../j', 'J', '', 'j/../k', 'j'.repeat(64)]) {
        expect([job, await stack.run(command, job)]).toEqual([job, 2]);
        expect(stack.terminal.stderr).toContain(`${JSON.stringify(job)} is not a job id. An id has lower-case letters`);
      }
    },
  );

  it('has an exit code, which the help lists with all others', async () => {
    await stack.run('--help');
    const [, codes = ''] = stack.terminal.stdout.split('Exit codes of run, watch and results:\n');
    expect(codes.match(/^ {2}\d+/gm)?.map(Number)).toEqual(Object.values(EXIT));
    expect(codes).toMatch(
      /^ {2}0 .*complete.*\n {2}1 .*failed.*\n {2}2 .*wrong.*\n {2}3 .*[Tt]oo many items failed.*\n {2}130 .*Ctrl-C/,
    );
  });

  it('does not include asking for help or the version', async () => {
    for (const argv of [['--help'], ['help'], ['status', '--help'], ['local', 'up', '--help'], ['--version']]) {
      expect(await stack.run(...argv), argv.join(' ')).toBe(0);
    }
    expect(stack.terminal.stderr).toBe('');
  });
});

describe('a network that fails for longer than requests are retried', () => {
  it('is reported with what to do', async () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    stack.broken = { fleet: { describe: () => Promise.reject(reset), setTarget: () => Promise.reject(reset) } };
    expect(await stack.run('fleet')).toBe(1);
    expect(stack.terminal.stderr).toContain('read ECONNRESET. The stack could not be reached in several tries.');
    expect(stack.terminal.stderr).toContain('Try again');
  });
});
