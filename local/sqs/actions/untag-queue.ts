import { queueOf, type Action } from '../action.js';
import { missingParameter } from '../errors.js';

export const untagQueue: Action = (context) => {
  const { tags } = queueOf(context);
  const keys = context.input.texts('TagKeys');
  if (keys.length === 0) throw missingParameter('TagKeys');
  for (const key of keys) tags.delete(key);
  return undefined;
};
