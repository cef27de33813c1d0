import { AddPermissionCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorOf, startTestSqs, TestQueue, type TestSqs } from '../support/sqs.js';

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

test('an action that is not served is an error and nothing else', async () => {
  const queue = await TestQueue.create(sqs.client, 'work');
  const command = new AddPermissionCommand({ QueueUrl: queue.url, Label: 'x', AWSAccountIds: ['1'], Actions: ['*'] });
  const error = await errorOf(sqs.client.send(command));
  expect([error.name, error.$metadata?.httpStatusCode]).toEqual(['UnknownOperationException', 400]);
  expect(error.message).toContain('AddPermission');
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

test('names that every object has are no parameters', async () => {
  const queue = await TestQueue.create(sqs.client, 'work');
  const body = JSON.stringify({ QueueUrl: queue.url, AttributeNames: ['constructor'] });
  expect(await post('GetQueueAttributes', body)).toMatchObject({ query: 'InvalidAttributeName;Sender' });
});
