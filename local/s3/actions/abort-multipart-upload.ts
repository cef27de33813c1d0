/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
import type { Action } from '../action.js';
import { noContent } from '../response.js';
import { readUploadId } from '../upload-parameters.js';

export const abortMultipartUpload: Action = async (state, request) => {
  const bucket = state.buckets.get(request.bucket);
  bucket.endUpload(bucket.upload(readUploadId(request.query), request.key));
  return noContent;
};
