/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html, …/API_SendMessageBatch.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
import {
  BatchEntryIdsNotDistinct,
  BatchRequestTooLong,
  EmptyBatchRequest,
  InvalidBatchEntryId,
  InvalidMessageContents,
  SendMessageBatchCommand,
  SendMessageCommand,
  TooManyEntriesInBatchRequest,
  type SendMessageBatchRequestEntry,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { conformanceTarget, inWords } from '../target.js';
import { bodiesOf, newQueues, type TestQueue } from './test-queue.js';
import { errorOf } from '../../support/error-of.js';

const MIB = 1_048_576;

const target = conformanceTarget();
const newQueue = newQueues(target);
/** The queue for refused messages, which must stay empty. */
let queue: TestQueue;
beforeAll(async () => {
  queue = await newQueue();
});

const send = (input: Partial<SendMessageCommandInput>, to = queue) =>
  target().sqs.send(new SendMessageCommand({ QueueUrl: to.url, MessageBody: 'a', ...input }));
const sendBatch = (Entries: SendMessageBatchRequestEntry[], to = queue) =>
  target().sqs.send(new SendMessageBatchCommand({ QueueUrl: to.url, Entries }));

describe('send one message', () => {
  test('the answer has the digests of the body and of the attributes', async () => {
    const own = await newQueue();
    const body = 'grün \u{1F600}\t\r\n';
    const result = await send({ MessageBody: body }, own);
    expect(result.MD5OfMessageBody).toBe(createHash('md5').update(body).digest('hex'));
    expect(result.MD5OfMessageAttributes).toBeUndefined();
    const [message] = await own.gather(1);
    expect([message?.Body, message?.MessageId]).toEqual([body, result.MessageId]);
  });

  test('the digest of attributes is AWS’s, over sorted names', async () => {
    const own = await newQueue();
    // These answers were recorded from AWS.
    const timestamp = { DataType: 'Number', StringValue: '1493147359900' };
    expect((await send({ MessageAttributes: { timestamp } }, own)).MD5OfMessageAttributes).toBe(
      '235c5c510d26fb653d073faed50ae77c',
    );
    const BinaryValue = Buffer.from('traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01');
    expect(
      (await send({ MessageAttributes: { attr1: { DataType: 'Binary', BinaryValue } } }, own)).MD5OfMessageAttributes,
    ).toBe('8cbe4db156db8a94db8b801b7addb984');
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    const several = { 'Help.Me': text('Me'), Hello: text('There'), General: text('Kenobi') };
    expect((await send({ MessageAttributes: several }, own)).MD5OfMessageAttributes).toBe(
      '4c360f3fdafd970e05fae2f149d997f5',
    );
  });

  test('a message needs a body', async () => {
    const error = await errorOf(send({ MessageBody: '' }));
    expect([error.name, error.message]).toEqual([
      'MissingParameter',
      inWords('The request must contain the parameter MessageBody.'),
    ]);
  });

  test.each(['\u0000', 'a\u000bb', '\ufffe', '\uffff'])('characters that AWS forbids are refused: %j', async (body) => {
    expect(await errorOf(send({ MessageBody: body }))).toBeInstanceOf(InvalidMessageContents);
  });

  test('a sender may set the trace header, which does not count towards the size', async () => {
    const own = await newQueue();
    const AWSTraceHeader = { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1' };
    const MessageSystemAttributes = { AWSTraceHeader };
    const sent = await send({ MessageBody: 'x'.repeat(MIB), MessageSystemAttributes }, own);
    expect(sent.MD5OfMessageSystemAttributes).toMatch(/^[0-9a-f]{32}$/);
    const [message] = await own.gather(1, { MessageSystemAttributeNames: ['AWSTraceHeader'] });
    expect(message?.Attributes).toEqual({ AWSTraceHeader: AWSTraceHeader.StringValue });
  });

  test('a message may have 1 MiB with its attributes, or the limit of its queue', async () => {
    const own = await newQueue();
    await send({ MessageBody: 'x'.repeat(MIB) }, own);
    const attribute = { MessageAttributes: { n: { DataType: 'String', StringValue: 'v' } } };
    await send({ MessageBody: 'x'.repeat(MIB - 8), ...attribute }, own);
    const error = await errorOf(send({ MessageBody: 'x'.repeat(MIB - 7), ...attribute }, own));
    expect([error.name, error.message]).toEqual([
      'InvalidParameterValue',
      inWords('One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.'),
    ]);
    const small = await newQueue({ MaximumMessageSize: '1024' });
    expect((await errorOf(send({ MessageBody: 'ü'.repeat(513) }, small))).message).toEqual(
      inWords('shorter than 1024 bytes'),
    );
  });

  test.each([
    [
      { DelaySeconds: 901 },
      'Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
    ],
    [
      { MessageGroupId: 'group 123' },
      'Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only',
    ],
    [{ MessageDeduplicationId: 'x' }, 'Value x for parameter MessageDeduplicationId is invalid.'],
    [
      { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
      "attribute 'a' must contain a non-empty value",
    ],
    [{ MessageAttributes: { a: { DataType: 'Number', StringValue: 'x' } } }, "Can't cast the value"],
    [
      { MessageAttributes: { a: { DataType: 'List', StringValue: 'x' } } },
      'supported type prefixes: Binary, Number, String',
    ],
    [{ MessageAttributes: { 'a..b': { DataType: 'String', StringValue: 'x' } } }, "'a..b' is invalid"],
    [{ MessageAttributes: { 'AWS.a': { DataType: 'String', StringValue: 'x' } } }, "'AWS.a' is invalid"],
    [
      {
        MessageAttributes: Object.fromEntries(
          [...'abcdefghijk'].map((n) => [n, { DataType: 'String', StringValue: n }]),
        ),
      },
      'Number of message attributes [11] exceeds the allowed maximum [10].',
    ],
  ] satisfies [Partial<SendMessageCommandInput>, string][])('%j is refused', async (input, message) => {
    const error = await errorOf(send(input));
    expect(error.name).toBe('InvalidParameterValue');
    expect(error.message).toEqual(inWords(message));
    expect(await queue.receive()).toEqual([]);
  });
});

describe('send a batch', () => {
  const entry = (Id: string, MessageBody = Id): SendMessageBatchRequestEntry => ({ Id, MessageBody });

  test('ten messages are sent at once, each with its own answer', async () => {
    const own = await newQueue();
    const result = await sendBatch(
      [...'0123456789'].map((id) => entry(id)),
      own,
    );
    expect(result.Successful?.map(({ Id }) => Id).join('')).toBe('0123456789');
    expect(result.Failed ?? []).toEqual([]);
    expect(
      bodiesOf(await own.gather(10))
        .sort()
        .join(''),
    ).toBe('0123456789');
  });

  test('an entry’s own error fails that entry alone', async () => {
    const own = await newQueue();
    const result = await sendBatch([entry('a'), entry('b', '\u0001'), { ...entry('c'), DelaySeconds: 901 }], own);
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['a']);
    expect(result.Failed).toMatchObject([
      { Id: 'b', Code: 'InvalidMessageContents', SenderFault: true },
      { Id: 'c', Code: 'InvalidParameterValue', SenderFault: true },
    ]);
    expect(bodiesOf(await own.gather(1))).toEqual(['a']);
    expect(await own.receive()).toEqual([]);
  });

  test.each([
    ['no entries', [], EmptyBatchRequest],
    ['eleven entries', [...'0123456789a'].map((id) => entry(id)), TooManyEntriesInBatchRequest],
    ['an id with a forbidden character', [entry('a b')], InvalidBatchEntryId],
    ['an id of 81 characters', [entry('x'.repeat(81))], InvalidBatchEntryId],
    ['an id twice', [entry('a'), entry('a')], BatchEntryIdsNotDistinct],
  ])('a batch with %s is refused as a whole', async (_, entries, expected) => {
    const own = await newQueue();
    expect(await errorOf(sendBatch(entries, own))).toBeInstanceOf(expected);
    expect(await own.receive()).toEqual([]);
  });

  test('a batch may have 1 MiB in total', async () => {
    await sendBatch([entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2))], await newQueue());
    const error = await errorOf(sendBatch([entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2 + 1))]));
    expect(error).toBeInstanceOf(BatchRequestTooLong);
    expect(error.message).toEqual(
      inWords('Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.'),
    );
  });

  test('each entry may be as large as the queue allows', async () => {
    const small = await newQueue({ MaximumMessageSize: '1024' });
    const result = await sendBatch([entry('a', 'x'.repeat(1024)), entry('b', 'x'.repeat(1025))], small);
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['a']);
    expect(result.Failed).toEqual([
      {
        Id: 'b',
        Code: 'InvalidParameterValue',
        Message: inWords('Reason: Message must be shorter than 1024 bytes.'),
        SenderFault: true,
      },
    ]);
  });
});
