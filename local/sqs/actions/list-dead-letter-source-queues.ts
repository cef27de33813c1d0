import { definedFields } from '../../defined-fields.js';
import { pageOfQueues, queueOf, type Action } from '../action.js';

export const listDeadLetterSourceQueues: Action = (context) => {
  const { urls, nextToken } = pageOfQueues(context, context.store.sourcesOf(queueOf(context)));
  return { queueUrls: urls, ...definedFields({ NextToken: nextToken }) };
};
