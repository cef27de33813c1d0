import { describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../../core/contract/events.js';
import { workerNews, RepeatedNews, WorkerNews } from '../../../runner/follow/display-events.js';

const at = { at: '2026-01-01T00:00:00.000Z', job: 'a' };

it('the same shape, hint or slow model of many instances is shown once', () => {
  const told = new RepeatedNews();
  const events = Array.from({ length: 60 }, (_, n): readonly WorkerEvent[] => {
    const instance = `i-${n}`;
    const cores = `0.${90 + (n % 10)} of a core`;
    return [
      {
        ...at,
        instance,
        code: 'slot-shape',
        slots: n < 50 ? 2 : 4,
        concurrency: 1,
        settled: true,
        message: `it uses ${cores}.`,
      },
      { ...at, instance, code: 'slot-hint', message: `1 slot leaves 1 of 2 vCPUs idle: it uses ${cores}.` },
      { ...at, instance, code: 'model-slow', model: 'm', message: `the model m is not loaded after 2${n % 10} s.` },
      { ...at, instance, code: 'lease-lost', items: 0, message: 'lost' },
    ];
  }).flat();
  const shown = events.filter((event) => told.isNews(event)).map(({ code }) => code);
  expect(shown.filter((code) => code === 'slot-shape')).toHaveLength(2);
  expect(shown.filter((code) => code === 'slot-hint')).toHaveLength(1);
  expect(shown.filter((code) => code === 'model-slow')).toHaveLength(1);
  expect(shown.filter((code) => code === 'lease-lost')).toHaveLength(60);
});

it('a batch that was handed back because it could not start soon is not shown', () => {
  const handedBack = {
    ...at,
    instance: 'i-1',
    code: 'batch-handed-back',
    savedItems: 0,
    message: 'handed back',
  } as const;
  expect(workerNews({ ...handedBack, reason: 'waiting' })).toBeUndefined();
  expect(workerNews({ ...handedBack, reason: 'interruption' })?.level).toBe('info');
});

describe('the losses of batches whose worker died', () => {
  const loss = (batch: number): WorkerEvent => ({
    ...at,
    instance: 'i-1',
    batch,
    code: 'losses-seen',
    losses: 1,
    message: `A worker died while batch ${batch} was in its slots.`,
  });
  const lost: WorkerEvent = { ...at, instance: 'i-2', code: 'lease-lost', items: 0, message: 'lost' };

  it('are one line with their number, before what happened next', () => {
    const news = new WorkerNews();
    expect([3, 4, 9].flatMap((batch) => news.push(loss(batch)))).toEqual([]);
    const [first, second] = news.push(lost);
    expect(first?.message).toContain('Workers died while 3 batches were in their slots (3-4,9).');
    expect(second?.code).toBe('lease-lost');
    expect(news.rest()).toEqual([]);
  });

  it('are told in the words of the worker when there is one batch alone', () => {
    const news = new WorkerNews();
    news.push(loss(3));
    expect(news.rest().map(({ message }) => message)).toEqual(['i-1: A worker died while batch 3 was in its slots.']);
  });
});
