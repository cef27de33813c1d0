// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceBucket();

/** The checksums of `some content`. */
const OF_CONTENT = {
  CRC32: 'Qx8xPw==',
  CRC32C: '8iP7kw==',
  CRC64NVME: 'nPvBh0EdN2I=',
  SHA1: createHash('sha1').update('some content').digest('base64'),
  SHA256: createHash('sha256').update('some content').digest('base64'),
} as const;
type Algorithm = keyof typeof OF_CONTENT;

describe.each(Object.entries(OF_CONTENT) as [Algorithm, string][])('Checksums: %s', (algorithm, value) => {
  const field = `Checksum${algorithm}` as const;

  it('of a whole body is checked, kept, and returned on request', async () => {
    const object = { Bucket: target().bucket, Key: `header-${algorithm}` };
    const put = await target().send(
      new PutObjectCommand({ ...object, Body: 'some content', ChecksumAlgorithm: algorithm }),
    );
    expect(put).toMatchObject({ [field]: value, ChecksumType: 'FULL_OBJECT' });
    const got = await target().send(new GetObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    expect(got[field]).toBe(value);
    expect(await got.Body?.transformToString()).toBe('some content');
    const head = await target().send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    expect(head[field]).toBe(value);
    const unasked = await target().send(new HeadObjectCommand(object));
    expect(unasked[field]).toBeUndefined();
  });

  it('of a stream comes after the body, and is checked and kept as well', async () => {
    const object = { Bucket: target().bucket, Key: `trailer-${algorithm}` };
    const Body = Readable.from([Buffer.from('some '), Buffer.from('content')]);
    const put = await target().send(
      new PutObjectCommand({ ...object, Body, ContentLength: 12, ChecksumAlgorithm: algorithm }),
    );
    expect(put[field]).toBe(value);
    const got = await target().send(new GetObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    expect(got).toMatchObject({ [field]: value, ContentLength: 12 });
    expect(got.ContentEncoding).toBeUndefined();
    expect(await got.Body?.transformToString()).toBe('some content');
  });

  it('is refused when it is wrong, and nothing is written', async () => {
    const object = { Bucket: target().bucket, Key: `wrong-${algorithm}` };
    const refused = await errorOf(
      target().send(new PutObjectCommand({ ...object, Body: 'other content', [field]: value })),
    );
    expect(refused).toMatchObject({ code: 'BadDigest', status: 400 });
    expect(await errorOf(target().send(new HeadObjectCommand(object)))).toMatchObject({ status: 404 });
  });
});

describe('Checksums', () => {
  it('are a CRC-64/NVME by default', async () => {
    const object = { Bucket: target().bucket, Key: 'unasked' };
    // The URL is used by a client that sends no checksum.
    const url = await getSignedUrl(target().s3, new PutObjectCommand(object));
    expect((await fetch(url, { method: 'PUT', body: 'some content' })).status).toBe(200);
    const head = await target().send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ChecksumCRC64NVME: OF_CONTENT.CRC64NVME, ChecksumType: 'FULL_OBJECT' });
  });

  it('are not returned with a range, because they are not those of the range', async () => {
    const object = { Bucket: target().bucket, Key: 'ranged' };
    await target().send(new PutObjectCommand({ ...object, Body: 'some content' }));
    const got = await target().send(new GetObjectCommand({ ...object, Range: 'bytes=0-3', ChecksumMode: 'ENABLED' }));
    expect(got.ChecksumCRC32).toBeUndefined();
    expect(await got.Body?.transformToString()).toBe('some');
  });

  it('by MD5 are checked too', async () => {
    const object = { Bucket: target().bucket, Key: 'md5', Body: 'some content' };
    const ContentMD5 = createHash('md5').update('other content').digest('base64');
    const refused = await errorOf(target().send(new PutObjectCommand({ ...object, ContentMD5 })));
    expect(refused).toMatchObject({ code: 'BadDigest', status: 400 });
    const none = await errorOf(target().send(new PutObjectCommand({ ...object, ContentMD5: 'none' })));
    expect(none).toMatchObject({ code: 'InvalidDigest', status: 400 });
  });
});
