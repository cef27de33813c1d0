import { queueUrl, type Action } from '../action.js';
import { checkTags } from '../tags.js';

export const createQueue: Action = (context) => {
  const { input, store } = context;
  const tags = input.textMap('tags');
  checkTags(tags);
  const queue = store.createQueue(input.requiredText('QueueName'), input.textMap('Attributes'), tags);
  return { QueueUrl: queueUrl(context, queue) };
};
