/** AWS publishes these limits of rates and prices of requests, in us-east-1, and what a run is held against. */
import type { Counts, Kind } from './count.js';

/** A limit that is a rate for several kinds of requests together. */
export interface RateLimit {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly perSecond: number;
}

/** A token bucket: a request takes a token, and each second brings new ones. */
export interface BucketLimit {
  readonly kind: Kind;
  readonly tokens: number;
  readonly refillPerSecond: number;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html. It does not name LIST, which is counted with the reads here. */
export const RATE_LIMITS: readonly RateLimit[] = [
  { name: 'S3 PUT', kinds: ['S3 PUT'], perSecond: 3_500 },
  { name: 'S3 GET, HEAD and LIST', kinds: ['S3 GET', 'S3 HEAD', 'S3 LIST'], perSecond: 5_500 },
];

/**
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html. Only DescribeInstances is called with filters and pages, which gives it the
 * larger bucket.
 */
export const BUCKET_LIMITS: readonly BucketLimit[] = [
  { kind: 'EC2 DescribeFleets', tokens: 50, refillPerSecond: 10 },
  { kind: 'EC2 DescribeFleetInstances', tokens: 50, refillPerSecond: 10 },
  { kind: 'EC2 DescribeInstances', tokens: 100, refillPerSecond: 20 },
  { kind: 'EC2 ModifyFleet', tokens: 50, refillPerSecond: 5 },
];

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
export const MESSAGES_IN_FLIGHT = 120_000;

const S3_WRITE_DOLLARS = 0.005 / 1_000;
const S3_READ_DOLLARS = 0.0004 / 1_000;
const SQS_DOLLARS = 0.4 / 1_000_000;

export const requestsOf = ({ perSecond }: Counts, kinds: readonly Kind[]): readonly number[] => {
  const length = Math.max(0, ...kinds.map((kind) => perSecond[kind].length));
  return Array.from({ length }, (_, second) => sum(kinds.map((kind) => perSecond[kind][second] ?? 0)));
};

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const mostInASecond = (values: readonly number[]): number => Math.max(0, ...values);

/** The mean of a second in the busiest minute; of all seconds when there are fewer. */
export function busiestMinute(values: readonly number[]): number {
  const SECONDS = 60;
  let most = 0;
  for (let from = 0; from < values.length; from += 1) most = Math.max(most, sum(values.slice(from, from + SECONDS)));
  return most / Math.max(1, Math.min(SECONDS, values.length));
}

/** The fewest tokens that the bucket held after a second; below 0 requests would have been refused. */
export function fewestTokens(values: readonly number[], { tokens, refillPerSecond }: BucketLimit): number {
  let left = tokens;
  let fewest = tokens;
  for (const value of values) {
    left -= value;
    fewest = Math.min(fewest, left);
    left = Math.min(tokens, Math.max(0, left) + refillPerSecond);
  }
  return fewest;
}

/** The price of one request of S3, by its verb. */
export const s3Dollars = (verb: string): number =>
  verb === 'PUT' || verb === 'LIST' ? S3_WRITE_DOLLARS : S3_READ_DOLLARS;

export const sqsDollars = (requests: number): number => requests * SQS_DOLLARS;
