/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
import type { Action } from '../action.js';
import { headerNotImplemented } from '../errors.js';
import { noContent } from '../response.js';

/** Only directory buckets know these conditions. */
const OF_DIRECTORY_BUCKETS = ['x-amz-if-match-last-modified-time', 'x-amz-if-match-size'];

export const deleteObject: Action = async (state, request) => {
  const foreign = OF_DIRECTORY_BUCKETS.find((name) => request.headers.has(name));
  if (foreign !== undefined) throw headerNotImplemented(foreign);
  state.buckets.get(request.bucket).remove(request.key, request.headers.get('if-match'));
  return noContent;
};
