import { DeleteQueueCommand, QueueDoesNotExist, SendMessageCommand } from '@aws-sdk/client-sqs';
import { stat } from 'node:fs';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServiceRequest } from '../../../local/http/service.js';
import { createSqsService } from '../../../local/sqs/service.js';
import { SqsStore } from '../../../local/sqs/store.js';
import { eventually } from '../../support/eventually.js';
import { startTestCloud } from '../support/cloud.js';
import { bodiesOf, TestQueue } from '../../conformance/sqs/test-queue.js';
import { errorOf } from '../../support/error-of.js';
import { newMessage, startTestSqs, type TestSqs } from '../support/sqs.js';

describe('long polls', () => {
  let sqs: TestSqs;
  let queue: TestQueue;
  beforeEach(async () => {
    sqs = await startTestSqs();
    queue = await TestQueue.create(sqs.client, 'work');
  });
  afterEach(() => sqs.close());

  const waiting = (polls: number) =>
    eventually(() => sqs.store.queue('work').waiting === polls, { what: `${polls} waiting polls` });
  const receiveCount = async () => {
    const { Attributes } = await queue.receiveOne({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    return Number(Attributes?.ApproximateReceiveCount);
  };

  /** Opens a client that the test controls byte by byte: it polls, and reads only when the test says so. */
  async function rawPoll(): Promise<net.Socket> {
    const body = JSON.stringify({ QueueUrl: queue.url, WaitTimeSeconds: 20 });
    const socket = net.connect({ port: sqs.cloud.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await waiting(1);
    return socket;
  }

  test('a poll returns nothing when its time is over, the request’s or the queue’s own', async () => {
    const slow = await TestQueue.create(sqs.client, 'slow', { ReceiveMessageWaitTimeSeconds: '5' });
    const poll = slow.receive();
    await eventually(() => sqs.store.queue('slow').waiting === 1);
    sqs.clock.advanceSeconds(4.999);
    expect(sqs.store.queue('slow').waiting).toBe(1);
    sqs.clock.advance(1);
    expect(await poll).toEqual([]);
    expect(await slow.receive({ WaitTimeSeconds: 0 })).toEqual([]);
  });

  test('polls are served in the order of their arrival, each message once', async () => {
    const polls: Promise<string[]>[] = [];
    for (let i = 0; i < 4; i++) {
      polls.push(queue.receive({ WaitTimeSeconds: 20 }).then(bodiesOf));
      await waiting(i + 1);
    }
    await queue.sendTogether(['a', 'b', 'c']);
    expect(await Promise.all(polls.slice(0, 3))).toEqual([['a'], ['b'], ['c']]);
    sqs.clock.advanceSeconds(20);
    expect(await polls[3]).toEqual([]);
  });

  test('a message received with a visibility timeout of zero goes to the next waiting poll', async () => {
    const polls: Promise<string[]>[] = [];
    for (let i = 0; i < 2; i++) {
      polls.push(queue.receive({ WaitTimeSeconds: 20, VisibilityTimeout: 0 }).then(bodiesOf));
      await waiting(i + 1);
    }
    await queue.send('a');
    expect(await Promise.all(polls)).toEqual([['a'], ['a']]);
  });

  test('a waiting poll gets a message the moment its visibility expires', async () => {
    await queue.send('a');
    await queue.receive();
    const poll = queue.receive({ WaitTimeSeconds: 20 });
    await waiting(1);
    sqs.clock.advanceSeconds(19.999);
    await waiting(1);
    sqs.clock.advance(1);
    expect(await poll).toEqual([]);
    const next = queue.receive({ WaitTimeSeconds: 20 });
    await waiting(1);
    sqs.clock.advanceSeconds(9.999);
    await waiting(1);
    sqs.clock.advance(1);
    expect(bodiesOf(await next)).toEqual(['a']);
  });

  test('a waiting poll gets a delayed message the moment it is due', async () => {
    await sqs.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'later', DelaySeconds: 3 }));
    const poll = queue.receive({ WaitTimeSeconds: 20 });
    await waiting(1);
    sqs.clock.advanceSeconds(2.999);
    await waiting(1);
    sqs.clock.advance(1);
    expect(bodiesOf(await poll)).toEqual(['later']);
  });

  test('an aborted poll is dropped and gets nothing', async () => {
    const abort = new AbortController();
    const poll = errorOf(queue.receive({ WaitTimeSeconds: 20 }, abort.signal));
    await waiting(1);
    abort.abort();
    expect((await poll).name).toBe('AbortError');
    await waiting(0);
    await queue.send('a');
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(await receiveCount()).toBe(1);
  });

  test.each([
    ['closes', (socket: net.Socket) => socket.destroy()],
    ['resets its connection', (socket: net.Socket) => socket.resetAndDestroy()],
    ['closes one half of its connection', (socket: net.Socket) => socket.end()],
  ])('a poll whose client %s loses nothing', async (_, leave) => {
    const socket = await rawPoll();
    leave(socket);
    await waiting(0);
    await queue.send('a');
    expect(await receiveCount()).toBe(1);
    socket.destroy();
  });

  test('messages that were sent to a client that dies without reading them come back', async () => {
    const socket = await rawPoll();
    await queue.send('a');
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    socket.destroy();
    await eventually(async () => (await queue.counts()).visible === 1);
    expect(await receiveCount()).toBe(1);
  });

  test('messages that were sent to a client that had just left come back', async () => {
    const socket = await rawPoll();
    // The event loop notices sockets at this point. Before it gets here again, the server has answered and does not
    // know of the end.
    await new Promise((resolve) => stat('.', resolve));
    sqs.store.queue('work').send([newMessage('a')]);
    socket.destroy();
    await eventually(async () => (await queue.counts()).visible === 1);
    expect(await receiveCount()).toBe(1);
  });

  test('messages that a client has read stay in flight when it dies', async () => {
    const socket = await rawPoll();
    const read = new Promise((resolve) => socket.once('data', resolve));
    socket.resume();
    await queue.send('a');
    await read;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
    await queue.receive();
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });

  test('polls on a deleted queue get an error', async () => {
    const poll = errorOf(queue.receive({ WaitTimeSeconds: 20 }));
    await waiting(1);
    await sqs.client.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    expect(await poll).toBeInstanceOf(QueueDoesNotExist);
  });

  test('closing the store ends every wait and leaves no timer', async () => {
    const poll = queue.receive({ WaitTimeSeconds: 20 });
    await waiting(1);
    expect(sqs.clock.armed).toBe(1);
    sqs.store.close();
    expect(await poll).toEqual([]);
    expect(sqs.clock.armed).toBe(0);
    expect(await queue.receive({ WaitTimeSeconds: 20 })).toEqual([]);
    expect(sqs.clock.armed).toBe(0);
  });
});

test('on the system’s clock, a waiting poll is woken by an expiry too', async () => {
  const store = new SqsStore();
  const cloud = await startTestCloud({ sqs: createSqsService({ store }) });
  const queue = await TestQueue.create(cloud.sqs(), 'work');
  await queue.send('a');
  await queue.receive({ VisibilityTimeout: 1 });
  expect(bodiesOf(await queue.receive({ WaitTimeSeconds: 20 }))).toEqual(['a']);
  await cloud.close();
  store.close();
});

/**
 * Copies the request with another signal. A Proxy or an object that inherits from the request could not read its
 * private fields.
 */
const withSignal = (request: ServiceRequest, signal: AbortSignal): ServiceRequest => ({
  request: request.request,
  response: request.response,
  url: request.url,
  requestId: request.requestId,
  losesReply: request.losesReply,
  principal: request.principal,
  signal,
  enter: (...admission) => request.enter(...admission),
});

describe('a client that is gone when its messages were just picked', () => {
  test('gets nothing: the messages are visible again, with their old receive count', async () => {
    const sqs = await startTestSqs();
    const service = createSqsService({ store: sqs.store });
    const gone = new AbortController();
    const handled: Promise<void>[] = [];
    const cloud = await startTestCloud({
      sqs: {
        name: 'sqs',
        handle: (request: ServiceRequest) => {
          handled.push(service.handle(withSignal(request, gone.signal)));
          return handled.at(-1) as Promise<void>;
        },
      },
    });
    const queue = await TestQueue.create(sqs.client, 'work');
    const abort = new AbortController();
    const poll = errorOf(new TestQueue(cloud.sqs(), queue.url).receive({ WaitTimeSeconds: 20 }, abort.signal));
    await eventually(() => sqs.store.queue('work').waiting === 1);
    // The pick happens inside this call; the client leaves before anything else can run.
    sqs.store.queue('work').send([newMessage('a')]);
    expect(sqs.store.queue('work').counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    gone.abort();
    await Promise.all(handled);
    expect(sqs.store.queue('work').counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    const [delivery] = await sqs.store
      .queue('work')
      .receive({ max: 1, waitMs: 0, visibilityMs: 1 }, new AbortController().signal);
    expect(delivery?.message).toMatchObject({ receiveCount: 1, firstReceivedMs: sqs.clock.nowMs() });
    abort.abort();
    await poll;
    await cloud.close();
    await sqs.close();
  });
});
