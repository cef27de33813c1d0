import { queueOf, type Action } from '../action.js';

export const purgeQueue: Action = (context) => {
  queueOf(context).purge();
  return undefined;
};
