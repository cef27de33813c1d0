import { queueOf, type Action } from '../action.js';

export const deleteQueue: Action = (context) => {
  context.store.deleteQueue(queueOf(context));
  return undefined;
};
