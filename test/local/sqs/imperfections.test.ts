import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noImperfections } from '../../../local/faults/imperfections.js';
import { bodiesOf, TestQueue } from '../../conformance/sqs/test-queue.js';
import { newMessage, startTestSqs, type TestSqs } from '../support/sqs.js';

const { sqs: imperfections } = noImperfections();
let sqs: TestSqs;
let queue: TestQueue;
beforeEach(async () => {
  Object.assign(imperfections, noImperfections().sqs);
  sqs = await startTestSqs({ imperfections, seed: 7 });
  queue = await TestQueue.create(sqs.client, 'work');
});
afterEach(() => sqs.close());

describe('counters that lag', () => {
  test('report the state of one lag ago, whether or not they were read in between', async () => {
    await queue.send('before');
    imperfections.counterLagMs = 60_000;
    sqs.clock.advanceSeconds(1);
    await queue.send('a', 'b');
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    sqs.clock.advanceSeconds(10);
    await queue.receive({ MaxNumberOfMessages: 10, VisibilityTimeout: 5 });
    sqs.clock.advanceSeconds(49.999);
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    sqs.clock.advance(1);
    expect(await queue.counts()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });
    sqs.clock.advanceSeconds(10);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 3, delayed: 0 });
    // No request was made when the visibility ended, but the counts include it.
    sqs.clock.advanceSeconds(4.999);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 3, delayed: 0 });
    sqs.clock.advance(1);
    expect(await queue.counts()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });
  });

  test('lag behind the end of retention too, and are exact as soon as the lag is turned off', async () => {
    imperfections.counterLagMs = 60_000;
    const short = await TestQueue.create(sqs.client, 'short', { MessageRetentionPeriod: '60' });
    await short.send('a');
    sqs.clock.advanceSeconds(60);
    expect(await short.receive()).toEqual([]);
    expect(await short.counts()).toMatchObject({ visible: 1 });
    imperfections.counterLagMs = 0;
    expect(await short.counts()).toMatchObject({ visible: 0 });
  });

  test('mislead clients only: the queue itself uses exact counts', async () => {
    imperfections.counterLagMs = 60_000;
    await queue.send('a');
    expect(sqs.store.queue('work').counts()).toMatchObject({ visible: 1 });
    expect(await queue.counts()).toMatchObject({ visible: 0 });
  });
});

describe('messages that are delivered twice', () => {
  test('come once more while they are in flight, to another receive, and the newer handle is then valid', async () => {
    imperfections.duplicateRate = 1;
    await queue.send('a');
    const first = await queue.receiveOne({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    const second = await queue.receiveOne({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect([first, second].map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['1', '2']);
    expect(second.MessageId).toBe(first.MessageId);
    expect(await queue.receive()).toEqual([]);
    await queue.delete(first);
    expect(await queue.counts()).toMatchObject({ inFlight: 1 });
    await queue.delete(second);
    expect(await queue.counts()).toMatchObject({ inFlight: 0 });
  });

  test('do not come again once they are deleted, or when the imperfection is off', async () => {
    imperfections.duplicateRate = 1;
    await queue.send('a', 'b');
    await queue.delete(await queue.receiveOne());
    expect(bodiesOf(await queue.receive({ MaxNumberOfMessages: 10 }))).toEqual(['b']);
    imperfections.duplicateRate = 0;
    await queue.send('c');
    expect(bodiesOf(await queue.receive())).toEqual(['b']);
    expect(bodiesOf(await queue.receive())).toEqual(['c']);
    expect(await queue.receive()).toEqual([]);
  });

  test('go to a waiting poll immediately', async () => {
    imperfections.duplicateRate = 1;
    const polls = [1, 2].map(() => queue.receive({ WaitTimeSeconds: 20 }));
    while (sqs.store.queue('work').waiting < 2) await new Promise(setImmediate);
    await queue.send('a');
    expect((await Promise.all(polls)).map(bodiesOf)).toEqual([['a'], ['a']]);
  });
});

describe('randomness', () => {
  const draws = async (seed: number): Promise<string> => {
    const other = await startTestSqs({ imperfections, seed });
    const there = other.store.createQueue('work', new Map(), new Map());
    there.send(Array.from({ length: 200 }, (_, i) => newMessage(String(i))));
    const request = { max: 1, waitMs: 20_000, visibilityMs: 60_000 };
    let seen = '';
    for (let i = 0; i < 200; i++) {
      const [delivery] = await there.receive(request, new AbortController().signal);
      seen += delivery === undefined ? '-' : delivery.wasFirst ? '.' : '2';
    }
    await other.close();
    return seen;
  };

  test('makes some receives empty and some messages come twice, as the seed determines', async () => {
    imperfections.emptyReceiveRate = 0.2;
    imperfections.duplicateRate = 0.2;
    const one = await draws(1);
    expect(await draws(1)).toBe(one);
    expect(await draws(2)).not.toBe(one);
    for (const kind of ['-', '2']) {
      expect(one.split(kind).length - 1).toBeGreaterThan(15);
      expect(one.split(kind).length - 1).toBeLessThan(70);
    }
  });
});
