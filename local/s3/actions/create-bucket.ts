/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import type { Action } from '../action.js';
import { Bucket } from '../buckets.js';
import { S3Error } from '../errors.js';
import { receiveDocument } from '../receive.js';
import { parseXml, textOf } from '../xml.js';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const VALID_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Here alone, creating one's own bucket again succeeds. */
const LEGACY_REGION = 'us-east-1';

export const createBucket: Action = async (state, request) => {
  if (!VALID_NAME.test(request.bucket)) {
    throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.', { BucketName: request.bucket });
  }
  const hasBody = Number(request.headers.get('content-length') ?? 0) > 0;
  const configuration = hasBody ? parseXml(await receiveDocument(request), 'CreateBucketConfiguration') : '';
  const location = textOf(configuration, 'LocationConstraint') ?? state.region;
  const existing = state.buckets.find(request.bucket);
  if (existing === undefined) {
    state.buckets.add(new Bucket(request.bucket, location, state.nowMs()));
  } else if (existing.location !== LEGACY_REGION) {
    throw new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: request.bucket },
    );
  }
  return { status: 200, headers: { location: `/${request.bucket}` } };
};
