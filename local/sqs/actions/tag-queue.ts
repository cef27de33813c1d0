import { queueOf, type Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { checkTags } from '../tags.js';

export const tagQueue: Action = (context) => {
  const { tags } = queueOf(context);
  const added = context.input.textMap('Tags');
  if (added.size === 0) throw missingParameter('Tags');
  checkTags(new Map([...tags, ...added]));
  for (const [key, value] of added) tags.set(key, value);
  return undefined;
};
