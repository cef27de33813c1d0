import { queueOf, type Action } from '../action.js';
import { missingParameter } from '../errors.js';

export const untagQueue: Action = (context) => {
  const { tags } = queueOf(context);
  if (!context.input.has('TagKeys')) throw missingParameter('TagKeys');
  for (const key of context.input.texts('TagKeys')) tags.delete(key);
  return undefined;
};
