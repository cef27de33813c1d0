/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
import type { Action } from '../action.js';

export const headBucket: Action = async (state, request) => ({
  status: 200,
  headers: {
    'content-type': 'application/xml',
    'x-amz-bucket-region': state.buckets.get(request.bucket).location,
    'x-amz-access-point-alias': 'false',
  },
});
