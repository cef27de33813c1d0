import { definedFields } from '../../defined-fields.js';
import { pageOfQueues, type Action } from '../action.js';

export const listQueues: Action = (context) => {
  const prefix = context.input.text('QueueNamePrefix') ?? '';
  const queues = context.store.queues().filter((queue) => queue.name.startsWith(prefix));
  const { urls, nextToken } = pageOfQueues(context, queues);
  return {
    ...(urls.length === 0 ? {} : { QueueUrls: urls }),
    ...definedFields({ NextToken: nextToken }),
  };
};
