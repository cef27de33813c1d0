import { queueOf, type Action } from '../action.js';

export const listQueueTags: Action = (context) => {
  const { tags } = queueOf(context);
  return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) };
};
