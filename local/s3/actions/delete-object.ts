/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
import type { Action } from '../action.js';
import { noContent } from '../response.js';

export const deleteObject: Action = async (state, request) => {
  state.buckets.get(request.bucket).remove(request.key, request.headers.get('if-match'));
  return noContent;
};
