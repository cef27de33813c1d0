/**
 * Load on buckets: objects are put, read, listed and deleted, multipart uploads run, and all of these are aborted
 * half-way.
 */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { chance, type Lane, repeat, upTo } from './lane.js';

const KEYS = 200;
const MOST_SMALL_BYTES = 64 * 1024;
const PART_BYTES = 5 * 1024 * 1024;
const part = Buffer.alloc(PART_BYTES, 'x');

const someKey = (): string => `objects/${upTo(KEYS)}`;

export async function bucketLoad(lane: Lane, s3: S3Client, Bucket: string): Promise<void> {
  await Promise.all([
    repeat(lane, 'put', async () => {
      await s3.send(new PutObjectCommand({ Bucket, Key: someKey(), Body: part.subarray(0, upTo(MOST_SMALL_BYTES)) }));
    }),
    repeat(lane, 'get', () => get(s3, Bucket, someKey())),
    repeat(lane, 'delete', async () => {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: someKey() }));
      await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'objects/1', MaxKeys: 50 }));
      await delay(5);
    }),
    repeat(lane, 'multipart', () => multipart(s3, Bucket, `large/${upTo(5)}`)),
    repeat(lane, 'broken-off put', () => brokenOffPut(s3, Bucket)),
    repeat(lane, 'broken-off get', () => brokenOffGet(s3, Bucket, `large/${upTo(5)}`)),
  ]);
}

async function get(s3: S3Client, Bucket: string, Key: string): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  await Body?.transformToByteArray();
}

async function multipart(s3: S3Client, Bucket: string, Key: string): Promise<void> {
  await delay(200);
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const PartNumber of [1, 2]) {
    const Body = PartNumber === 2 ? part.subarray(0, 1_000) : part;
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  if (chance(0.3)) await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  else if (chance(0.8)) {
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  } // Otherwise the upload stays open until the round is over.
}

/** The client disconnects while it sends. */
async function brokenOffPut(s3: S3Client, Bucket: string): Promise<void> {
  await delay(100);
  async function* slowly(): AsyncGenerator<Buffer> {
    for (let n = 0; n < 10; n += 1) {
      yield part.subarray(0, PART_BYTES / 10);
      await delay(20);
    }
  }
  const command = new PutObjectCommand({
    Bucket,
    Key: 'never/there',
    Body: Readable.from(slowly()),
    ContentLength: PART_BYTES,
  });
  await s3.send(command, { abortSignal: AbortSignal.timeout(1 + upTo(150)) });
}

/** The client disconnects while it reads. */
async function brokenOffGet(s3: S3Client, Bucket: string, Key: string): Promise<void> {
  await delay(100);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const stream = Body as Readable;
  stream.once('error', () => undefined);
  for await (const _ of stream) break;
  stream.destroy();
}

export async function emptyBucket(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) break;
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }));
  }
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads) {
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
}
