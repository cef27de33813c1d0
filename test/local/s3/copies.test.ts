import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CopyObjectCommandInput,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { BUCKET, errorOf, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
let etag: string | undefined;
beforeAll(async () => {
  cloud = await startS3();
  const described = { ContentType: 'text/plain', Metadata: { a: '1' } };
  const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'some source+é', Body: 'content', ...described });
  etag = (await cloud.client.send(put)).ETag;
});
afterAll(() => cloud.close());

const SOURCE = `${BUCKET}/${encodeURIComponent('some source+é')}`;
const copy = (Key: string, more: Partial<CopyObjectCommandInput> = {}) =>
  cloud.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource: SOURCE, ...more }));
const get = (Key: string) => cloud.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));

it('a copy has the content, headers, metadata and checksum of its source', async () => {
  const { CopyObjectResult } = await copy('copied', { CopySource: `/${SOURCE}` });
  expect(CopyObjectResult?.ETag).toBe(etag);
  const got = await get('copied');
  expect(got).toMatchObject({ ETag: etag, ContentType: 'text/plain', Metadata: { a: '1' } });
  expect(got.ChecksumCRC32).toBe(CopyObjectResult?.ChecksumCRC32);
  expect(await got.Body?.transformToString()).toBe('content');
});

it('a copy may be described anew, also in its own place, and asked for another checksum', async () => {
  await copy('described', { MetadataDirective: 'REPLACE', Metadata: { b: '2' }, ChecksumAlgorithm: 'SHA256' });
  expect(await get('described')).toMatchObject({
    ContentType: 'binary/octet-stream',
    Metadata: { b: '2' },
    ChecksumSHA256: createHash('sha256').update('content').digest('base64'),
  });
  const CopySource = `${BUCKET}/described`;
  expect(await errorOf(copy('described', { CopySource }))).toMatchObject({ code: 'InvalidRequest', status: 400 });
  await copy('described', { CopySource, MetadataDirective: 'REPLACE', Metadata: { c: '3' } });
  const again = await get('described');
  expect(again.Metadata).toEqual({ c: '3' });
  expect(await again.Body?.transformToString()).toBe('content');
});

it('copy and source live apart', async () => {
  const filesBefore = await cloud.countFiles();
  await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'mother', Body: 'shared' }));
  await copy('daughter', { CopySource: `${BUCKET}/mother` });
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'mother' }));
  expect(await (await get('daughter')).Body?.transformToString()).toBe('shared');
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'daughter' }));
  await eventually(async () => (await cloud.countFiles()) === filesBefore, { what: 'the shared file to be gone' });
});

it('a copy of an object of parts is one object: its ETag is an MD5 again', async () => {
  const target = { Bucket: BUCKET, Key: 'of parts' };
  const upload = { ChecksumAlgorithm: 'CRC32' } as const;
  const { UploadId } = await cloud.client.send(new CreateMultipartUploadCommand({ ...target, ...upload }));
  const { ETag, ChecksumCRC32 } = await cloud.client.send(
    new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'content' }),
  );
  const Parts = [{ PartNumber: 1, ETag, ChecksumCRC32 }];
  const MultipartUpload = { Parts };
  await cloud.client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
  const { CopyObjectResult } = await copy('whole', { CopySource: `${BUCKET}/of parts` });
  expect(CopyObjectResult).toMatchObject({ ETag: etag, ChecksumCRC32, ChecksumType: 'FULL_OBJECT' });
});

it('a copy may have conditions on its source', async () => {
  await copy('if', { CopySourceIfMatch: etag });
  for (const condition of [
    { CopySourceIfMatch: '"other"' },
    { CopySourceIfNoneMatch: etag },
    { CopySourceIfUnmodifiedSince: new Date(0) },
  ]) {
    const refused = await errorOf(copy('if', condition));
    expect(refused).toMatchObject({ code: 'PreconditionFailed', status: 412 });
  }
});

it('a source that is missing or none is refused', async () => {
  const refusals = [
    [`${BUCKET}/missing`, 'NoSuchKey'],
    ['no-such-bucket/a', 'NoSuchBucket'],
    [BUCKET, 'InvalidArgument'],
    [`${SOURCE}?versionId=1`, 'NotImplemented'],
  ];
  for (const [CopySource, code] of refusals) {
    expect(await errorOf(copy('never', { CopySource }))).toMatchObject({ code });
  }
});
