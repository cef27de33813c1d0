/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
import type { Action } from '../action.js';
import { replyWithObject } from '../object-reply.js';

export const headObject: Action = async (state, request) => {
  const { range, status, headers } = replyWithObject(state, request);
  return { status, headers: { ...headers, 'content-length': String(range.end - range.start) } };
};
