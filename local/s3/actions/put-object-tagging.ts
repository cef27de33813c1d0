/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
import type { Action } from '../action.js';
import { receiveDocument } from '../receive.js';
import { parseTagging } from '../tags.js';

export const putObjectTagging: Action = async (state, request) => {
  const tags = parseTagging(await receiveDocument(request, 'PutObjectTagging'));
  state.buckets.get(request.bucket).retag(request.key, tags);
  return { status: 200 };
};
