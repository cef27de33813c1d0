import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeEach, expect, it } from 'vitest';
import { makeSqsClient, makeSqsPollClient } from '../../aws/clients.js';
import { isLeaseLost } from '../../aws/errors.js';
import { SqsWorkQueue } from '../../aws/sqs-work-queue.js';
import { mockedClient } from '../support/mocked-client.js';

const sqs = mockedClient(SQSClient);
const { signal } = new AbortController();
const clientOptions = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
let failures: string[] = [];
const queue = new SqsWorkQueue({
  client: makeSqsClient(clientOptions),
  pollClient: makeSqsPollClient(clientOptions),
  queueUrl: 'https://sqs/q',
  onFailure: (doing, error) => failures.push(`${doing}: ${error.message}`),
});

beforeEach(() => {
  sqs.reset();
  failures = [];
});

it('polls with the given lease, and returns how often each message was received', async () => {
  sqs.on(ReceiveMessageCommand).resolves({
    Messages: [{ MessageId: 'm', ReceiptHandle: 'h', Body: 'b', Attributes: { ApproximateReceiveCount: '3' } }],
  });
  const options = { maxMessages: 12, waitSeconds: 20, visibilityTimeoutSeconds: 30, signal };
  expect(await queue.receive(options)).toEqual([{ messageId: 'm', receiptHandle: 'h', body: 'b', receiveCount: 3 }]);
  expect(sqs.commandCalls(ReceiveMessageCommand)[0]?.args[0].input).toMatchObject({
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 20,
    VisibilityTimeout: 30,
  });
});

it('answers an empty poll with no messages', async () => {
  sqs.on(ReceiveMessageCommand).resolves({});
  expect(await queue.receive({ maxMessages: 1, waitSeconds: 0, visibilityTimeoutSeconds: 1, signal })).toEqual([]);
});

it('splits calls into tens, and keeps the order of the results', async () => {
  sqs
    .on(ChangeMessageVisibilityBatchCommand)
    .resolvesOnce({ Failed: [{ Id: '9', Code: 'MessageNotInflight', SenderFault: true }] })
    .resolvesOnce({ Failed: [{ Id: '0', Code: 'InternalError', Message: 'later', SenderFault: false }] });
  const changes = Array.from({ length: 12 }, (_, n) => ({ receiptHandle: `h${n}`, visibilityTimeoutSeconds: 20 }));
  const results = await queue.changeVisibility(changes, signal);
  expect(results).toHaveLength(12);
  expect(results.slice(8)).toEqual(['ok', 'lost', 'failed', 'ok']);
  const sizes = sqs.commandCalls(ChangeMessageVisibilityBatchCommand).map((call) => call.args[0].input.Entries?.length);
  expect(sizes).toEqual([10, 2]);
  expect(failures).toEqual(['changing visibility: InternalError: later']);
});

it('answers failed for every entry of a failed call', async () => {
  sqs.on(DeleteMessageBatchCommand).rejects(new Error('socket hang up'));
  expect(await queue.delete(['a', 'b'], signal)).toEqual(['failed', 'failed']);
  expect(failures[0]).toContain('socket hang up');
});

it('distinguishes a lost lease from other refusals', () => {
  expect(isLeaseLost('ReceiptHandleIsInvalid', '')).toBe(true);
  expect(isLeaseLost('AWS.SimpleQueueService.MessageNotInflight', '')).toBe(true);
  expect(isLeaseLost('InvalidParameterValue', 'Reason: The receipt handle has expired.')).toBe(true);
  expect(
    isLeaseLost('InvalidParameterValue', 'Message does not exist or is not available for visibility timeout change.'),
  ).toBe(true);
  expect(isLeaseLost('InvalidParameterValue', 'Total VisibilityTimeout for the message is beyond the limit')).toBe(
    false,
  );
  expect(isLeaseLost('InternalError', 'expired')).toBe(false);
});
