import { queueOf, type Action } from '../action.js';
import { missingParameter } from '../errors.js';

export const setQueueAttributes: Action = (context) => {
  const queue = queueOf(context);
  if (!context.input.has('Attributes')) throw missingParameter('Attributes');
  context.store.setAttributes(queue, context.input.textMap('Attributes'));
  return undefined;
};
