/** A bucket for one test file, with the calls that its tests share. */
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { type ConformanceTarget, conformanceTarget, unique } from '../target.js';

export interface BucketTarget {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly target: ConformanceTarget;
  /** Sends any command of S3. */
  readonly send: S3Client['send'];
}

/** Must be called once at the top of a test file, instead of `conformanceTarget`. */
export function conformanceBucket(): () => BucketTarget {
  const target = conformanceTarget();
  const bucket = unique('conformance');
  beforeAll(() => target().s3.send(new CreateBucketCommand({ Bucket: bucket })));
  afterAll(() => removeBucket(target().s3, bucket));
  return () => {
    const { s3 } = target();
    return { s3, bucket, target: target(), send: s3.send.bind(s3) };
  };
}

export async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads) await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    const Objects = Contents.map(({ Key }) => ({ Key }));
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
