/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
import type { Action } from '../action.js';
import { noContent } from '../response.js';
import { NO_TAGS } from '../tags.js';

export const deleteObjectTagging: Action = async (state, request) => {
  const bucket = state.buckets.get(request.bucket);
  bucket.objects.set(request.key, { ...bucket.object(request.key), tags: NO_TAGS });
  return noContent;
};
