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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodiesOf, errorOf, startTestSqs, TestQueue, type TestSqs } from '../support/sqs.js';

const MIB = 1_048_576;

let sqs: TestSqs;
let queue: TestQueue;
beforeEach(async () => {
  sqs = await startTestSqs();
  queue = await TestQueue.create(sqs.client, 'work');
});
afterEach(() => sqs.close());

const send = (input: Partial<SendMessageCommandInput>) =>
  sqs.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a', ...input }));
const sendBatch = (Entries: SendMessageBatchRequestEntry[]) =>
  sqs.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));

describe('sending one message', () => {
  test('the answer has the digests of the body and of the attributes', async () => {
    const body = 'grün \u{1F600}\t\r\n';
    const result = await send({ MessageBody: body });
    expect(result.MD5OfMessageBody).toBe(createHash('md5').update(body).digest('hex'));
    expect(result.MD5OfMessageAttributes).toBeUndefined();
    const [message] = await queue.receive();
    expect([message?.Body, message?.MessageId]).toEqual([body, result.MessageId]);
  });

  test('the digest of attributes is AWS’s, over names in order', async () => {
    // Known answers, recorded from AWS.
    const timestamp = { DataType: 'Number', StringValue: '1493147359900' };
    expect((await send({ MessageAttributes: { timestamp } })).MD5OfMessageAttributes).toBe(
      '235c5c510d26fb653d073faed50ae77c',
    );
    const BinaryValue = Buffer.from('traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01');
    expect(
      (await send({ MessageAttributes: { attr1: { DataType: 'Binary', BinaryValue } } })).MD5OfMessageAttributes,
    ).toBe('8cbe4db156db8a94db8b801b7addb984');
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    const several = { 'Help.Me': text('Me'), Hello: text('There'), General: text('Kenobi') };
    expect((await send({ MessageAttributes: several })).MD5OfMessageAttributes).toBe(
      '4c360f3fdafd970e05fae2f149d997f5',
    );
  });

  test('a message needs a body', async () => {
    const error = await errorOf(send({ MessageBody: '' }));
    expect([error.name, error.message]).toEqual([
      'MissingParameter',
      'The request must contain the parameter MessageBody.',
    ]);
  });

  test.each(['\u0000', 'a\u000bb', '\ufffe', '\uffff'])('characters that AWS forbids are refused: %j', async (body) => {
    expect(await errorOf(send({ MessageBody: body }))).toBeInstanceOf(InvalidMessageContents);
  });

  test('a message may have 1 MiB with its attributes, or what its queue allows', async () => {
    await send({ MessageBody: 'x'.repeat(MIB) });
    const attribute = { MessageAttributes: { n: { DataType: 'String', StringValue: 'v' } } };
    await send({ MessageBody: 'x'.repeat(MIB - 8), ...attribute });
    const error = await errorOf(send({ MessageBody: 'x'.repeat(MIB - 7), ...attribute }));
    expect([error.name, error.message]).toEqual([
      'InvalidParameterValue',
      'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    ]);
    queue = await TestQueue.create(sqs.client, 'small', { MaximumMessageSize: '1024' });
    expect((await errorOf(send({ MessageBody: 'ü'.repeat(513) }))).message).toContain('shorter than 1024 bytes');
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
    [{ MessageAttributes: { 'AWS.a': { DataType: 'String', StringValue: 'x' } } }, "attribute name 'AWS.a' is invalid"],
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
    expect(error.message).toContain(message);
    expect(await queue.counts()).toMatchObject({ visible: 0, delayed: 0 });
  });
});

describe('sending a batch', () => {
  const entry = (Id: string, MessageBody = Id): SendMessageBatchRequestEntry => ({ Id, MessageBody });

  test('ten messages at once, each with its answer', async () => {
    const result = await sendBatch([...'0123456789'].map((id) => entry(id)));
    expect(result.Successful?.map(({ Id }) => Id).join('')).toBe('0123456789');
    expect(result.Failed).toBeUndefined();
    expect(bodiesOf(await queue.receive({ MaxNumberOfMessages: 10 })).join('')).toBe('0123456789');
  });

  test('an entry’s own error fails that entry alone', async () => {
    const result = await sendBatch([entry('a'), entry('b', '\u0001'), { ...entry('c'), DelaySeconds: 901 }]);
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['a']);
    expect(result.Failed).toMatchObject([
      { Id: 'b', Code: 'InvalidMessageContents', SenderFault: true },
      { Id: 'c', Code: 'InvalidParameterValue', SenderFault: true },
    ]);
    expect(await queue.counts()).toMatchObject({ visible: 1 });
  });

  test.each([
    ['no entries', [], EmptyBatchRequest],
    ['eleven entries', [...'0123456789a'].map((id) => entry(id)), TooManyEntriesInBatchRequest],
    ['an id with a forbidden character', [entry('a b')], InvalidBatchEntryId],
    ['an id of 81 characters', [entry('x'.repeat(81))], InvalidBatchEntryId],
    ['an id twice', [entry('a'), entry('a')], BatchEntryIdsNotDistinct],
  ])('a batch with %s is refused as a whole', async (_, entries, expected) => {
    expect(await errorOf(sendBatch(entries))).toBeInstanceOf(expected);
    expect(await queue.counts()).toMatchObject({ visible: 0 });
  });

  test('a batch may have 1 MiB in total', async () => {
    await sendBatch([entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2))]);
    const error = await errorOf(sendBatch([entry('a', 'x'.repeat(MIB / 2)), entry('b', 'x'.repeat(MIB / 2 + 1))]));
    expect(error).toBeInstanceOf(BatchRequestTooLong);
    expect(error.message).toBe('Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.');
  });
});
