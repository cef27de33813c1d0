/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
import type { Action } from '../action.js';
import { noContent } from '../response.js';
import { NO_TAGS } from '../tags.js';

export const deleteObjectTagging: Action = async (state, request) => {
  state.buckets.get(request.bucket).retag(request.key, NO_TAGS);
  return noContent;
};
