/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
import type { Action } from '../action.js';
import { replyWithObject } from '../object-reply.js';

export const getObject: Action = async (state, request) => {
  const { object, range, status, headers } = replyWithObject(state, request);
  // The slice keeps its files until it has been read, even if the object is deleted or replaced meanwhile.
  return { status, headers, body: object.body.slice(range.start, range.end) };
};
