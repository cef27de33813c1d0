import { queueUrl, type Action } from '../action.js';
import { queueDoesNotExist } from '../errors.js';

export const getQueueUrl: Action = (context) => {
  const { input, store } = context;
  const owner = input.text('QueueOwnerAWSAccountId');
  if (owner !== undefined && owner !== store.accountId) throw queueDoesNotExist();
  return { QueueUrl: queueUrl(context, store.queue(input.requiredText('QueueName'))) };
};
