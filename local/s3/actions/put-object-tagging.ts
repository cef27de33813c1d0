/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
import type { Action } from '../action.js';
import { receiveDocument } from '../receive.js';
import { parseTagging } from '../tags.js';

export const putObjectTagging: Action = async (state, request) => {
  const tags = parseTagging(await receiveDocument(request));
  const bucket = state.buckets.get(request.bucket);
  bucket.objects.set(request.key, { ...bucket.object(request.key), tags });
  return { status: 200 };
};
