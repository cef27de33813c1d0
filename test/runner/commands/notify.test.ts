import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import { FakeStack } from '../../support/fake-stack.js';
import { Receiver, SECRET_PATH } from '../../support/receiver.js';
import { notificationFaults } from '../../support/notification-schema.js';

let stack: FakeStack;
let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  await writeFile(path.join(stack.cwd, 'data.txt'), 'a\nb\nc\nd\ne\n');
  await writeFile(path.join(stack.cwd, 'model.mjs'), 'export const predict = (items) => items;\n');
});
afterEach(async () => {
  await receiver.close();
  await rm(stack.cwd, { recursive: true });
});

/** The stack's clock makes pauses of three seconds real, for the claims of submits. These pauses have another length. */
const random = (): number => 0;

const run = (...more: string[]): Promise<number> =>
  runCommandLine(['run', 'data.txt', '--model', 'model.mjs', '--batch-size', '2', '--id', 'mine', ...more], {
    ...stack.context(),
    random,
  });

/** Everything that a person or a program can see afterwards. */
const seen = (): string =>
  [
    stack.terminal.stdout,
    stack.terminal.stderr,
    ...[...stack.store.objects.values()].map(({ body }) => body.toString()),
  ].join('\n');

describe('--notify of run', () => {
  it('posts the end of the job once, with the facts of the summary', async () => {
    expect(await run('--notify', receiver.url, '--name', 'a night run')).toBe(0);
    const [body] = receiver.bodies;
    expect(receiver.received).toHaveLength(1);
    expect(notificationFaults(body)).toEqual([]);
    expect(body).toMatchObject({
      type: 'job.ended',
      stack: 'fake',
      job: 'mine',
      name: 'a night run',
      state: 'complete',
      success: true,
      end: 1,
      items: { total: 5, ok: 5, failed: 0 },
      batches: { total: 3, done: 3, givenUp: 0 },
      errors: [],
      next: 'To fetch the results: spotpool results mine',
    });
    expect(body?.['text']).toMatch(/^✓ Job mine \(a night run\) is complete: 5 of 5 items ok, 0 failed\.\n/);
    expect(stack.terminal.stdout).toContain('Notified 127.0.0.1 of the end of job mine.');
  });

  it('names the errors of a job, and its exit code stays', async () => {
    const commit = stack.commit.bind(stack);
    stack.commit = (job, batch) => commit(job, batch, batch < 2 ? 1 : 0);
    expect(await run('--notify', receiver.url, '--max-failed', '1')).toBe(3);
    const [body] = receiver.bodies;
    expect(notificationFaults(body)).toEqual([]);
    expect(body).toMatchObject({ success: false, errors: [{ code: 'Odd', count: 2 }] });
    expect(body?.['text']).toMatch(
      /^✗ Job mine is complete, but more items failed than --max-failed 1 allows: 3 of 5 items ok, 2 failed\.\n/,
    );
    expect(body?.['text']).toContain('\nErrors: 2 × Odd\n');
    expect(body?.['next']).toContain('spotpool logs mine');
  });

  it('posts to each address, and one that refuses is a warning which changes no exit code', async () => {
    const other = await Receiver.start();
    receiver.script.push(404);
    expect(await run('--notify', receiver.url, '--notify', other.url)).toBe(0);
    await other.close();
    expect([receiver.received.length, other.received.length]).toEqual([1, 1]);
    expect(stack.terminal.stdout).toContain(
      'Could not notify 127.0.0.1 of the end of job mine: it answered 404. The job and its results are not affected.',
    );
  });

  it('tries again when the receiver is busy, under the same id', async () => {
    receiver.script.push(503, 'close');
    expect(await run('--notify', receiver.url)).toBe(0);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.bodies.map(({ id }) => id)).size).toBe(1);
  });

  it('gives up after five tries, and says so', async () => {
    receiver.script.push(500, 500, 500, 500, 500, 500);
    expect(await run('--notify', receiver.url)).toBe(0);
    expect(receiver.received).toHaveLength(5);
    expect(stack.terminal.stdout).toContain(
      'Could not notify 127.0.0.1 of the end of job mine after 5 tries: it answered 500.',
    );
  });

  it('shows and stores nothing of the address, whatever happens', async () => {
    receiver.script.push(500, 500, 500, 500, 500);
    expect(await run('--notify', receiver.url, '--json')).toBe(0);
    expect(seen()).not.toContain(SECRET_PATH);
  });

  it('ends at once with Ctrl-C while the receiver does not answer, and says that nobody was notified', async () => {
    receiver.script.push('hang');
    receiver.onReceived = () => stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    expect(await run('--notify', receiver.url)).toBe(130);
    expect(receiver.received).toHaveLength(1);
    expect(stack.terminal.stdout).toContain('Stopped before 127.0.0.1 was notified of the end of job mine.');
  });

  it('takes the addresses from the environment, and signs with the key that stands there', async () => {
    const key = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const context = stack.context();
    const env = { ...context.env, SPOTPOOL_NOTIFY: ` ${receiver.url} `, SPOTPOOL_NOTIFY_KEY: key };
    const argv = ['run', 'data.txt', '--model', 'model.mjs', '--id', 'mine'];
    expect(await runCommandLine(argv, { ...context, env })).toBe(0);
    expect(receiver.received[0]?.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(seen()).not.toContain(key);
  });

  it.each([
    ['ftp://example.org/t0k3n', 'is not a web address'],
    ['t0k3n', 'is not a web address'],
    ['https://me:t0k3n@example.org', 'has a user or a password before its host'],
  ])('refuses %s before anything is sent, and does not show it', async (address, problem) => {
    expect(await run('--notify', address)).toBe(2);
    expect(stack.terminal.stderr).toContain(`The address of --notify ${problem}`);
    expect(stack.terminal.stderr).not.toContain('t0k3n');
    expect([...stack.store.objects.keys()]).toEqual([]);
  });
});

describe('--notify of watch', () => {
  it('posts the end that it sees, also of a job that was cancelled', async () => {
    await stack.plantJob('one', 3);
    stack.onTick = async () => {
      stack.onTick = () => undefined;
      await stack.run('cancel', 'one');
    };
    expect(await stack.run('watch', 'one', '--notify', receiver.url)).toBe(1);
    expect(receiver.bodies).toMatchObject([{ job: 'one', state: 'cancelled', success: false }]);
  });

  it('posts nothing of a job that had ended before, and says so', async () => {
    await stack.plantJob('one', 1);
    expect(await stack.run('watch', 'one', '--notify', receiver.url)).toBe(0);
    expect(await stack.run('watch', 'one', '--notify', receiver.url)).toBe(0);
    expect(receiver.received).toHaveLength(1);
    expect(stack.terminal.stdout).toContain('Job one had ended before this command began, so it notifies nobody.');
  });

  it('needs a job', async () => {
    expect(await stack.run('watch', '--web', '--notify', receiver.url)).toBe(2);
    expect(stack.terminal.stderr).toContain('--notify needs a job');
  });
});
