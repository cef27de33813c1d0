import { AddPermissionCommand } from '@aws-sdk/client-sqs';
import net from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestQueue } from '../../conformance/sqs/test-queue.js';
import { errorOf } from '../../support/error-of.js';
import { startTestSqs, type TestSqs } from '../support/sqs.js';

let sqs: TestSqs;
beforeEach(async () => {
  sqs = await startTestSqs();
});
afterEach(() => sqs.close());

async function post(action: string, body: string): Promise<{ status: number; query: string | null; error: unknown }> {
  const response = await fetch(sqs.cloud.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': `AmazonSQS.${action}`, 'content-type': 'application/x-amz-json-1.0' },
    body,
  });
  return {
    status: response.status,
    query: response.headers.get('x-amzn-query-error'),
    error: await response.json(),
  };
}

test('an unserved action is an error without any effect', async () => {
  const queue = await TestQueue.create(sqs.client, 'work');
  const command = new AddPermissionCommand({ QueueUrl: queue.url, Label: 'x', AWSAccountIds: ['1'], Actions: ['*'] });
  const error = await errorOf(sqs.client.send(command));
  expect([error.name, error.status]).toEqual(['UnknownOperationException', 400]);
  expect(error.message).toMatch(
    /AddPermission is not served .* Set the attribute Policy with SetQueueAttributes instead/,
  );
  expect(await post('constructor', '{}')).toMatchObject({
    error: { __type: 'com.amazon.coral.service#UnknownOperationException' },
  });
});

test('errors carry their shape in the body and the older code in a header', async () => {
  const body = JSON.stringify({ QueueName: 'none' });
  expect(await post('GetQueueUrl', body)).toEqual({
    status: 400,
    query: 'AWS.SimpleQueueService.NonExistentQueue;Sender',
    error: { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'The specified queue does not exist.' },
  });
  expect(await post('GetQueueUrl', '{}')).toEqual({
    status: 400,
    query: 'MissingParameter;Sender',
    error: {
      __type: 'com.amazon.coral.service#MissingRequiredParameterException',
      message: 'The request must contain the parameter QueueName.',
    },
  });
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['a number for a string', '{"QueueUrl":7}'],
  ['a string for a list', '{"QueueUrl":"$URL","Entries":"x"}'],
  ['an entry that is no object', '{"QueueUrl":"$URL","Entries":["x"]}'],
  ['a number for a body', '{"QueueUrl":"$URL","Entries":[{"Id":"a","MessageBody":7}]}'],
])('a request with %s is malformed, and the next one is served', async (_, body) => {
  const queue = await TestQueue.create(sqs.client, 'work');
  expect(await post('SendMessageBatch', body.replace('$URL', queue.url))).toMatchObject({
    status: 400,
    error: { __type: 'com.amazon.coral.service#SerializationException' },
  });
  await queue.send('a');
});

test('property names of every JavaScript object are not parameters', async () => {
  const queue = await TestQueue.create(sqs.client, 'work');
  const body = JSON.stringify({ QueueUrl: queue.url, AttributeNames: ['constructor'] });
  expect(await post('GetQueueAttributes', body)).toMatchObject({ query: 'InvalidAttributeName;Sender' });
});

test('a client of the older Query protocol gets an explanation in that protocol', async () => {
  const response = await fetch(sqs.cloud.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: 'Action=ListQueues&Version=2012-11-05',
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/xml']);
  expect(await response.text()).toMatch(
    /^<\?xml .*<Type>Sender<\/Type><Code>UnsupportedOperation<\/Code><Message>The local cloud serves SQS in the AWS JSON protocol only\./,
  );
});

test('each connection is probed, so that the long poll of a vanished client ends', async () => {
  const keepAlive = vi.spyOn(net.Socket.prototype, 'setKeepAlive');
  try {
    await TestQueue.create(sqs.client, 'work');
    expect(keepAlive.mock.calls.filter(([on, delayMs]) => on === true && delayMs === 5_000)).toHaveLength(1);
  } finally {
    keepAlive.mockRestore();
  }
});
