/**
 * The largest body of a call in bytes, by service and action. Each body is read into memory and parsed in one go,
 * while every other client waits. An action that is not named has the bound `others`. Objects that S3 stores are
 * streamed, and bounded elsewhere (../s3/receive.ts).
 */
import type { Service } from './service.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

interface Bounds {
  readonly others: number;
  readonly of?: Readonly<Record<string, number>>;
}

/**
 * A call carries at most a megabyte of messages, each character of which may arrive escaped as six. The rest of the
 * request comes on top.
 */
const MESSAGES = 6 * MEBIBYTE + 256 * KIBIBYTE;

const BOUNDS: Readonly<Record<Service['name'], Bounds>> = {
  // The largest of the others is a queue's policy: 20 KB, escaped.
  sqs: { others: 256 * KIBIBYTE, of: { SendMessage: MESSAGES, SendMessageBatch: MESSAGES } },
  s3: {
    // The largest is the tagging of a bucket: 50 tags of 128 + 256 characters each, escaped.
    others: 128 * KIBIBYTE,
    of: {
      // A call lists up to 1,000 keys of 1,024 bytes each, some of them escaped.
      DeleteObjects: 2 * MEBIBYTE,
      // A call lists up to 10,000 parts, each with its number, its ETag and a checksum.
      CompleteMultipartUpload: 4 * MEBIBYTE,
      // A call has up to 1,000 rules.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
      PutBucketLifecycleConfiguration: MEBIBYTE,
    },
  },
  // EC2's action is a parameter of the body, so all actions share a bound. The largest bodies are a fleet with 300
  // overrides and a launch template with 16 KB of user data, encoded twice.
  ec2: { others: MEBIBYTE },
  // The largest part is a target's Input; the Input that modifies a fleet is below one KiB.
  scheduler: { others: 256 * KIBIBYTE },
  // A request for an identity has two parameters.
  sts: { others: 64 * KIBIBYTE },
  // An admin call has a few short fields.
  admin: { others: 64 * KIBIBYTE },
};

export function mostBodyBytes(service: Service['name'], action = ''): number {
  const { others, of = {} } = BOUNDS[service];
  return (Object.hasOwn(of, action) ? of[action] : undefined) ?? others;
}
