import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, expect, it } from 'vitest';
import { makeSqsClient } from '../../aws/clients.js';
import { SqsJobQueue } from '../../aws/sqs-job-queue.js';
import { mockedClient } from '../support/mocked-client.js';

const sqs = mockedClient(SQSClient);
const { signal } = new AbortController();
const client = makeSqsClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const queue = new SqsJobQueue(client, 'https://sqs/q');

const sentBodies = () =>
  sqs
    .commandCalls(SendMessageBatchCommand)
    .map(({ args }) => (args[0].input.Entries ?? []).map(({ MessageBody }) => MessageBody));

beforeEach(() => void sqs.reset());

it('sends all messages in tens, each with the job as its group', async () => {
  sqs.on(SendMessageBatchCommand).resolves({ Successful: [], Failed: [] });
  const bodies = Array.from({ length: 25 }, (_, index) => `m${index}`);
  await queue.send(bodies, 'job-1', signal);
  expect(sentBodies().map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(sentBodies().flat()).toEqual(bodies);
  const entries = sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.Entries ?? [];
  expect(new Set(entries.map(({ Id }) => Id)).size).toBe(10);
  expect(entries.every(({ MessageGroupId }) => MessageGroupId === 'job-1')).toBe(true);
});

it('sends again exactly the entries that a successful call lists as failed', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .resolvesOnce({
      Successful: [],
      Failed: [
        { Id: '1', Code: 'InternalError', SenderFault: false },
        { Id: '3', Code: 'InternalError', SenderFault: false },
      ],
    })
    .resolves({ Successful: [], Failed: [] });
  await queue.send(['a', 'b', 'c', 'd'], 'job-1', signal);
  expect(sentBodies()).toEqual([
    ['a', 'b', 'c', 'd'],
    ['b', 'd'],
  ]);
});

it('names the code of an entry that cannot be sent: at once when the fault is ours, otherwise after several tries', async () => {
  const failed = (SenderFault: boolean) => ({
    Successful: [],
    Failed: [{ Id: '0', Code: SenderFault ? 'InvalidMessageContents' : 'InternalError', Message: 'no', SenderFault }],
  });
  sqs.on(SendMessageBatchCommand).resolves(failed(true));
  await expect(queue.send(['a'], 'job-1', signal)).rejects.toThrow('InvalidMessageContents');
  expect(sentBodies()).toHaveLength(1);
  sqs.reset();
  sqs.on(SendMessageBatchCommand).resolves(failed(false));
  await expect(queue.send(['a'], 'job-1', signal)).rejects.toThrow('InternalError, no (5 tries)');
  expect(sentBodies()).toHaveLength(5);
});

it('counts visible, in-flight and delayed messages', async () => {
  sqs.on(GetQueueAttributesCommand).resolves({
    Attributes: {
      ApproximateNumberOfMessages: '3',
      ApproximateNumberOfMessagesNotVisible: '2',
      ApproximateNumberOfMessagesDelayed: '1',
    },
  });
  expect(await queue.counts(signal)).toEqual({ visible: 3, inFlight: 2, delayed: 1 });
});
