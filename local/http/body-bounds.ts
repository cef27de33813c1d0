/**
 * The most bytes that the body of a call may have, by service and action: all of it is read into memory and parsed in one go, while every other client
 * waits. A call that is not named has the bound of the others. What S3 stores is streamed, and bounded elsewhere (../s3/receive.ts).
 */
import type { Service } from './service.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

interface Bounds {
  readonly others: number;
  readonly of?: Readonly<Record<string, number>>;
}

/** A megabyte of messages (the most of a call), of which each character may come escaped as six, and the rest of the request. */
const MESSAGES = 6 * MEBIBYTE + 256 * KIBIBYTE;

const BOUNDS: Readonly<Record<Service['name'], Bounds>> = {
  // A policy of a queue is the largest of the others: 20 KB, escaped.
  sqs: { others: 256 * KIBIBYTE, of: { SendMessage: MESSAGES, SendMessageBatch: MESSAGES } },
  s3: {
    // 50 tags of a bucket, each of 128 + 256 characters, escaped.
    others: 128 * KIBIBYTE,
    of: {
      // 1,000 keys of 1,024 bytes, some of them escaped.
      DeleteObjects: 2 * MEBIBYTE,
      // 10,000 parts, each with its number, its ETag and a checksum.
      CompleteMultipartUpload: 4 * MEBIBYTE,
      // 1,000 rules. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
      PutBucketLifecycleConfiguration: MEBIBYTE,
    },
  },
  // The action is a parameter of the body: the largest is a fleet with 300 overrides, or a launch template with 16 KB of user data, encoded twice.
  ec2: { others: MEBIBYTE },
  // A target's Input is the largest part; a modification of a fleet has below one KiB.
  scheduler: { others: 256 * KIBIBYTE },
  // A request for an identity has two parameters.
  sts: { others: 64 * KIBIBYTE },
  // A number or two.
  admin: { others: 64 * KIBIBYTE },
};

export function mostBodyBytes(service: Service['name'], action = ''): number {
  const { others, of = {} } = BOUNDS[service];
  return (Object.hasOwn(of, action) ? of[action] : undefined) ?? others;
}
