// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CopyObjectCommandInput,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceBucket();
let etag: string | undefined;
beforeAll(async () => {
  const described = { ContentType: 'text/plain', Metadata: { a: '1' } };
  const put = new PutObjectCommand({ Bucket: target().bucket, Key: 'some source+é', Body: 'content', ...described });
  etag = (await target().send(put)).ETag;
});

const source = () => `${target().bucket}/${encodeURIComponent('some source+é')}`;
const copy = (Key: string, more: Partial<CopyObjectCommandInput> = {}) =>
  target().send(new CopyObjectCommand({ Bucket: target().bucket, Key, CopySource: source(), ...more }));
const get = (Key: string) =>
  target().send(new GetObjectCommand({ Bucket: target().bucket, Key, ChecksumMode: 'ENABLED' }));

describe('Copies', () => {
  it('a copy has the content, headers, metadata and checksum of its source', async () => {
    const { CopyObjectResult } = await copy('copied', { CopySource: `/${source()}` });
    expect(CopyObjectResult?.ETag).toBe(etag);
    const got = await get('copied');
    expect(got).toMatchObject({ ETag: etag, ContentType: 'text/plain', Metadata: { a: '1' } });
    expect(got.ChecksumCRC32).toBe(CopyObjectResult?.ChecksumCRC32);
    expect(await got.Body?.transformToString()).toBe('content');
  });

  it('a copy may replace headers and metadata, also in place, and request another checksum', async () => {
    await copy('described', { MetadataDirective: 'REPLACE', Metadata: { b: '2' }, ChecksumAlgorithm: 'SHA256' });
    expect(await get('described')).toMatchObject({
      ContentType: 'binary/octet-stream',
      Metadata: { b: '2' },
      ChecksumSHA256: createHash('sha256').update('content').digest('base64'),
    });
    const CopySource = `${target().bucket}/described`;
    expect(await errorOf(copy('described', { CopySource }))).toMatchObject({ code: 'InvalidRequest', status: 400 });
    await copy('described', { CopySource, MetadataDirective: 'REPLACE', Metadata: { c: '3' } });
    const again = await get('described');
    expect(again.Metadata).toEqual({ c: '3' });
    expect(await again.Body?.transformToString()).toBe('content');
  });

  it('a copy of an object of parts is one object: its ETag is an MD5 again', async () => {
    const uploaded = { Bucket: target().bucket, Key: 'of parts' };
    const asked = { ChecksumAlgorithm: 'CRC32' } as const;
    const { UploadId } = await target().send(new CreateMultipartUploadCommand({ ...uploaded, ...asked }));
    const { ETag, ChecksumCRC32 } = await target().send(
      new UploadPartCommand({ ...uploaded, UploadId, PartNumber: 1, Body: 'content' }),
    );
    const Parts = [{ PartNumber: 1, ETag, ChecksumCRC32 }];
    const MultipartUpload = { Parts };
    await target().send(new CompleteMultipartUploadCommand({ ...uploaded, UploadId, MultipartUpload }));
    const { CopyObjectResult } = await copy('whole', { CopySource: `${target().bucket}/of parts` });
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

  it('a missing or invalid source is refused', async () => {
    const refusals = [
      [`${target().bucket}/missing`, 'NoSuchKey'],
      ['no-such-bucket/a', 'NoSuchBucket'],
      [target().bucket, 'InvalidArgument'],
      [`${source()}?versionId=1`, 'InvalidArgument'],
    ];
    for (const [CopySource, code] of refusals) {
      expect(await errorOf(copy('never', { CopySource }))).toMatchObject({ code });
    }
  });

  it.each(['a/../b', 'a%2Fb', 'a?versionId=1', '/leading', 'x#y&z=1', '日本語 😀'])(
    'a source may have any key: %j',
    async (Key) => {
      await target().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body: `body of ${Key}` }));
      await copy('odd', { CopySource: `${target().bucket}/${encodeURIComponent(Key)}` });
      expect(await (await get('odd')).Body?.transformToString()).toBe(`body of ${Key}`);
    },
  );

  it('tags are copied or replaced', async () => {
    await target().send(
      new PutObjectCommand({ Bucket: target().bucket, Key: 'tagged', Body: 'x', Tagging: 'a=1&b=2' }),
    );
    const CopySource = `${target().bucket}/tagged`;
    await copy('tags', { CopySource });
    expect((await get('tags')).TagCount).toBe(2);
    await copy('tags', { CopySource, TaggingDirective: 'REPLACE', Tagging: 'c=3' });
    expect((await get('tags')).TagCount).toBe(1);
  });

  it('a copy may have conditions on the object that it overwrites', async () => {
    await copy('over');
    const refused = await errorOf(copy('over', { IfNoneMatch: '*' }));
    expect(refused).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    const other = '"00000000000000000000000000000000"';
    expect(await errorOf(copy('over', { IfMatch: other }))).toMatchObject({ status: 412 });
    await copy('over', { IfMatch: etag });
  });
});
