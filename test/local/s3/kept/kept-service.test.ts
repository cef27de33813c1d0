/** Kept buckets through the SDK: what a client was told holds for the next cloud, and a full disk takes nothing back. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { DiskErrorLog } from '../../../../local/disk-errors.js';
import { startServer } from '../../../../local/http/server.js';
import { openKeptObjects } from '../../../../local/s3/kept/kept-objects.js';
import { createS3Service } from '../../../../local/s3/service.js';
import { errorOf } from '../../../support/error-of.js';
import { canMount, mountTmpfs } from '../../support/tmpfs.js';
import { afterThisTest, temporaryDirectory } from '../../ec2/support.js';

const Bucket = 'bucket';
const MIB = 1024 * 1024;

async function startKept(directory: string) {
  const kept = await openKeptObjects(directory);
  const lines: string[] = [];
  const diskErrors = new DiskErrorLog((line) => lines.push(line));
  const service = createS3Service({ directory: path.join(directory, 'unused'), kept, diskErrors });
  const server = await startServer({ s3: service }, { port: 0 });
  const s3 = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      s3.destroy();
      await server.close();
      await kept.close();
    })());
  afterThisTest(close);
  const put = (Key: string, Body: string | Buffer, more: Partial<{ IfNoneMatch: string; IfMatch: string }> = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const read = async (Key: string): Promise<string> =>
    (await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? '';
  return { s3, put, read, close, lines };
}

describe('kept buckets', () => {
  it('give the next cloud everything that a client had put, and their conditions are as exact as before', async () => {
    const directory = temporaryDirectory();
    const first = await startKept(directory);
    await first.s3.send(new CreateBucketCommand({ Bucket }));
    await first.s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'a',
        Body: 'text',
        Metadata: { who: 'me' },
        ContentType: 'text/x',
        Tagging: 'color=blue',
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    await first.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/a` }));
    await first.put('gone', 'deleted later');
    await first.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    const { UploadId } = await first.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const Parts = [];
    for (const [PartNumber, Body] of [
      [1, Buffer.alloc(5 * MIB, 'x')],
      [2, Buffer.from('end')],
    ] as const) {
      const { ETag } = await first.s3.send(new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber, Body }));
      Parts.push({ PartNumber, ETag });
    }
    await first.s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload: { Parts } }),
    );
    const head = async ({ s3 }: typeof first, Key: string) => {
      const { $metadata: _, ...told } = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      return told;
    };
    const before = await Promise.all(['a', 'copy', 'parts'].map((key) => head(first, key)));
    await first.close();

    const next = await startKept(directory);
    expect(await Promise.all(['a', 'copy', 'parts'].map((key) => head(next, key)))).toEqual(before);
    expect(before[0]).toMatchObject({ Metadata: { who: 'me' }, ContentType: 'text/x' });
    const { TagSet } = await next.s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' }));
    expect(TagSet).toEqual([{ Key: 'color', Value: 'blue' }]);
    expect(await next.read('copy')).toBe('text');
    expect((await next.read('parts')).length).toBe(5 * MIB + 3);
    const { Contents = [] } = await next.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(['a', 'copy', 'parts']);
    expect((await errorOf(next.put('a', 'again', { IfNoneMatch: '*' }))).code).toBe('PreconditionFailed');
    await next.put('a', 'again', { IfMatch: before[0]?.ETag ?? '' });
    expect(await next.read('a')).toBe('again');
    await next.put('gone', 'free again', { IfNoneMatch: '*' });
  });

  it('take many puts at once, of which exactly one wins each key', async () => {
    const directory = temporaryDirectory();
    const first = await startKept(directory);
    await first.s3.send(new CreateBucketCommand({ Bucket }));
    const racing = Array.from({ length: 60 }, (_, n) => n);
    const answers = await Promise.allSettled(
      racing.map((n) => first.put(`key-${n % 10}`, String(n), { IfNoneMatch: '*' })),
    );
    const winners = new Map(
      racing.flatMap((n) => (answers[n]?.status === 'fulfilled' ? [[`key-${n % 10}`, String(n)] as const] : [])),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    await first.close();
    const next = await startKept(directory);
    for (const [key, text] of winners) expect(await next.read(key)).toBe(text);
  });

  it.skipIf(!canMount())(
    'refuse puts on a full disk, and have what they had; with room again, puts succeed (skipped where no disk can be mounted)',
    async () => {
      const disk = temporaryDirectory();
      mountTmpfs(disk, '2m');
      afterThisTest(() => execFileSync('umount', ['-l', disk]));
      const directory = path.join(disk, 'data');
      const first = await startKept(directory);
      await first.s3.send(new CreateBucketCommand({ Bucket }));
      await first.put('small', 'kept');
      await first.put('large', Buffer.alloc(100_000, 'x'));
      const filler = path.join(disk, 'filler');
      fill(filler);
      const refused = await errorOf(first.put('small', Buffer.alloc(20_000, 'y')));
      expect([refused.status, refused.code]).toEqual([500, 'InternalError']);
      expect(refused.message).toContain(
        'its disk is full (ENOSPC). Free some space there, or keep the data on another disk',
      );
      expect((await errorOf(first.put('new', Buffer.alloc(50_000, 'y')))).status).toBe(500);
      expect((await errorOf(first.put('large', Buffer.alloc(200_000, 'y')))).status).toBe(500);
      expect(await first.read('small')).toBe('kept');
      expect((await errorOf(first.read('new'))).code).toBe('NoSuchKey');
      rmSync(filler);
      await first.put('small', 'newer');
      expect(first.lines).toHaveLength(1);
      await first.close();
      const next = await startKept(directory);
      expect(await next.read('small')).toBe('newer');
      expect((await next.read('large')).length).toBe(100_000);
      expect((await errorOf(next.read('new'))).code).toBe('NoSuchKey');
    },
  );
});

function fill(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(4 * MIB));
  } catch {
    // The disk is full now.
  }
}
