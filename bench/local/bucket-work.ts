/** The operations on buckets that the benchmark measures. */
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { atOnce } from '../support/rounds.js';

export const BUCKET = 'bench';
const KIB = 1024;
export const MIB = 1024 * KIB;
export const SMALL_BYTES = KIB;
export const LARGE_BYTES = 8 * MIB;
const PAGE_SIZE = 1_000;

export const makeBucket = (s3: S3Client): Promise<unknown> => s3.send(new CreateBucketCommand({ Bucket: BUCKET }));

export interface Objects {
  readonly prefix: string;
  readonly count: number;
  readonly width: number;
  readonly body: Uint8Array;
}

const keyOf = ({ prefix }: Objects, n: number): string => `${prefix}${String(n).padStart(6, '0')}.json`;

export const putAll = (s3: S3Client, objects: Objects): Promise<void> =>
  atOnce(objects.count, objects.width, (n) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: keyOf(objects, n), Body: objects.body })),
  );

export const getAll = (s3: S3Client, objects: Objects): Promise<void> =>
  atOnce(objects.count, objects.width, async (n) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(objects, n) }));
    // The body is streamed and not kept, as in a program that computes with it.
    let bytes = 0;
    for await (const piece of Body as AsyncIterable<Uint8Array>) bytes += piece.byteLength;
    if (bytes !== objects.body.byteLength)
      throw new Error(`${bytes} bytes arrived instead of ${objects.body.byteLength}`);
  });

/** Returns the number of keys. */
export async function listAll(s3: S3Client, prefix: string): Promise<number> {
  let keys = 0;
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix, ContinuationToken: token, MaxKeys: PAGE_SIZE }),
    );
    keys += page.Contents?.length ?? 0;
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}
