/** Permissions to read the user's own buckets: whoever submits a job with input there needs them, and the workers that compute it too. */
import { Aws } from 'aws-cdk-lib';
import type { Permission } from './permissions.js';

export function readInputBuckets(names: readonly string[]): readonly Permission[] {
  if (names.length === 0) return [];
  const buckets = names.map((name) => `arn:${Aws.PARTITION}:s3:::${name}`);
  return [
    {
      sid: 'ReadInputBuckets',
      why: 'The owner of the pool named these buckets as input of jobs.',
      actions: ['s3:GetObject'],
      resources: buckets.map((bucket) => `${bucket}/*`),
    },
    {
      // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
      sid: 'ListInputBuckets',
      why: 'Objects below a prefix are found by listing; and without it S3 answers 403 for one that is gone, as if it were forbidden.',
      actions: ['s3:ListBucket'],
      resources: buckets,
    },
  ];
}
