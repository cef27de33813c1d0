import { beforeEach, describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../../core/contract/events.js';
import { instanceEventsKey } from '../../../core/contract/keys.js';
import { FakeStack } from '../../support/fake-stack.js';

const { signal } = new AbortController();
const isOfEvents = (key: string): boolean => key.includes('/events/');

let stack: FakeStack;

beforeEach(async () => {
  stack = new FakeStack();
  await stack.plantJob('j', 6);
  await stack.event('j', 0, note('i-1', 'The model said something.'));
});

const note = (instance: string, message: string): WorkerEvent => ({
  at: '2026-01-01T00:00:00.000Z',
  instance,
  job: 'j',
  code: 'model-event',
  message,
});

describe('a follower', () => {
  it(
    'runs all passes of a job while a read of events hangs, and shows the events when it ends',
    { timeout: 10_000 },
    async () => {
      let open: () => void = () => undefined;
      const hanging = new Promise<void>((resolve) => (open = resolve));
      let shownBefore = '';
      stack.store.beforeRead = (key) => (isOfEvents(key) ? hanging : undefined);
      stack.onTick = () => {
        if ((stack.undone.get('j')?.length ?? 0) > 1) return;
        shownBefore ||= stack.terminal.stdout;
        open();
      };
      expect(await stack.run('watch', 'j')).toBe(0);
      expect(shownBefore).not.toBe('');
      expect(shownBefore).not.toContain('The model said something.');
      expect(stack.terminal.stdout).toContain('i-1: The model said something.');
    },
  );

  it('tells that it could not read events, goes on with its passes, and shows them later', async () => {
    let failures = 0;
    stack.store.beforeRead = (key) => {
      if (!isOfEvents(key) || failures === 2) return;
      failures += 1;
      throw new Error('503');
    };
    expect(await stack.run('watch', 'j')).toBe(0);
    expect(stack.terminal.stdout).toMatch(/Could not read the workers' events \(503\); retrying/);
    expect(stack.terminal.stdout).not.toContain('Could not control the stack');
    expect(stack.terminal.stdout).toContain('i-1: The model said something.');
  });

  it('says that a reclaim came with notice when the notice was written just before it', async () => {
    let ticks = 0;
    stack.onTick = async () => {
      ticks += 1;
      if (ticks !== 2) return;
      const notice: WorkerEvent = {
        at: '2026-01-01T00:00:02.000Z',
        instance: 'i-2',
        code: 'notice',
        kind: 'interruption',
        message: 'AWS takes this instance.',
      };
      await stack.store.put(instanceEventsKey('i-2', 0), `${JSON.stringify(notice)}\n`, { signal });
      stack.end(({ instance }) => instance === 'i-2', true);
    };
    expect(await stack.run('watch', 'j')).toBe(0);
    expect(stack.terminal.stdout).toContain('AWS took i-2 (c7g.large, us-east-1a), as its notice said.');
    expect(stack.terminal.stdout).not.toContain('without notice.');
  });
});
