/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
import type { Action } from '../action.js';
import { noContent } from '../response.js';

export const deleteBucket: Action = async (state, request) => {
  state.buckets.delete(request.bucket);
  return noContent;
};
