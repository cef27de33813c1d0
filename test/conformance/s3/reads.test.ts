// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html · userguide/conditional-reads.html · API_GetObjectAttributes.html
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type ObjectAttributes,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceBucket();
const put = (Key: string, Body: string, more: object = {}) =>
  target().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body, ...more }));
const get = (Key: string, more: object = {}) =>
  target().send(new GetObjectCommand({ Bucket: target().bucket, Key, ...more }));
const head = (Key: string, more: object = {}) =>
  target().send(new HeadObjectCommand({ Bucket: target().bucket, Key, ...more }));
const text = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

describe('Ranges', () => {
  beforeAll(() => put('digits', '0123456789'));

  it.each([
    ['bytes=2-5', '2345', 'bytes 2-5/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-100', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
    ['bytes=0-0', '0', 'bytes 0-0/10'],
  ])('%s gives %s', async (Range, expected, ContentRange) => {
    const got = await get('digits', { Range });
    expect(got).toMatchObject({ ContentRange, ContentLength: expected.length });
    expect(got.$metadata.httpStatusCode).toBe(206);
    expect(await got.Body?.transformToString()).toBe(expected);
  });

  it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('%s cannot be satisfied', async (Range) => {
    expect(await errorOf(get('digits', { Range }))).toMatchObject({ code: 'InvalidRange', status: 416 });
  });

  it.each(['bytes=5-2', 'items=0-1', 'bytes=0-1,3-4'])(
    '%s is no range: the whole object is returned',
    async (Range) => {
      expect(await text('digits', { Range })).toBe('0123456789');
    },
  );

  it('HEAD returns the length of the range', async () => {
    expect(await head('digits', { Range: 'bytes=2-5' })).toMatchObject({
      ContentLength: 4,
      ContentRange: 'bytes 2-5/10',
    });
  });

  it('no range of an empty object can be satisfied', async () => {
    await put('empty', '', { ContentLength: 0 });
    expect(await errorOf(get('empty', { Range: 'bytes=0-' }))).toMatchObject({ code: 'InvalidRange', status: 416 });
  });
});

describe('Conditional reads', () => {
  it('answer 304 to a client that has the object and 412 to one that expects another', async () => {
    const { ETag } = await put('conditional', 'x');
    expect(await errorOf(get('conditional', { IfNoneMatch: ETag }))).toMatchObject({ status: 304 });
    expect(await errorOf(get('conditional', { IfMatch: '"other"' }))).toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(await text('conditional', { IfMatch: ETag, IfNoneMatch: '"other"' })).toBe('x');
  });

  it('compare the time of the last change', async () => {
    await put('timed', 'x');
    const { LastModified } = await get('timed');
    const earlier = new Date((LastModified as Date).getTime() - 1000);
    expect(await errorOf(get('timed', { IfModifiedSince: LastModified }))).toMatchObject({ status: 304 });
    expect(await text('timed', { IfModifiedSince: earlier })).toBe('x');
    expect(await errorOf(get('timed', { IfUnmodifiedSince: earlier }))).toMatchObject({ status: 412 });
    expect(await text('timed', { IfUnmodifiedSince: LastModified })).toBe('x');
  });

  const DAY_MS = 24 * 60 * 60 * 1000;
  /** `then` is the time of the put, so a condition on that time alone finds the object unmodified. */
  it.each([
    ['If-Match that holds overrules If-Unmodified-Since', { IfMatch: 'own', IfUnmodifiedSince: 'past' }, 200],
    ['If-Match that fails is not saved by If-Unmodified-Since', { IfMatch: 'other', IfUnmodifiedSince: 'then' }, 412],
    ['If-None-Match that fails overrules If-Modified-Since', { IfNoneMatch: 'own', IfModifiedSince: 'past' }, 304],
    ['If-None-Match that holds overrules If-Modified-Since', { IfNoneMatch: 'other', IfModifiedSince: 'then' }, 200],
    ['If-Match is asked before If-None-Match', { IfMatch: 'other', IfNoneMatch: 'own' }, 412],
  ] as const)('%s', async (_what, conditions, status) => {
    const { ETag: own = '' } = await put('precedence', 'x');
    const then = (await head('precedence')).LastModified ?? new Date();
    const past = new Date(then.getTime() - DAY_MS);
    const values = { own, other: '"00000000000000000000000000000000"', then, past };
    const headers = Object.fromEntries(Object.entries(conditions).map(([name, value]) => [name, values[value]]));
    for (const ask of [get, head]) {
      const answered = status === 200 ? (await ask('precedence', headers)).$metadata.httpStatusCode : undefined;
      expect(answered ?? (await errorOf(ask('precedence', headers))).status).toBe(status);
    }
  });
});

describe('Reads', () => {
  it('may override the stored headers', async () => {
    await put('overridden', 'x', { ContentLanguage: 'en' });
    const overrides = {
      ResponseContentType: 'text/csv',
      ResponseContentDisposition: 'inline; filename="a b.csv"',
      ResponseContentEncoding: 'identity',
      ResponseContentLanguage: 'de',
      ResponseCacheControl: 'no-cache',
    };
    expect(await get('overridden', overrides)).toMatchObject({
      ContentType: 'text/csv',
      ContentDisposition: 'inline; filename="a b.csv"',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
      CacheControl: 'no-cache',
    });
  });

  it('may name the only version in a bucket without versions', async () => {
    await put('version', 'x');
    expect(await text('version', { VersionId: 'null' })).toBe('x');
    expect(await errorOf(get('version', { VersionId: 'other' }))).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
    });
  });
});

describe('Parts and attributes', () => {
  const MIB = 1024 * 1024;
  const attributes = (Key: string, ObjectAttributes: ObjectAttributes[], more: object = {}) =>
    target().send(new GetObjectAttributesCommand({ Bucket: target().bucket, Key, ObjectAttributes, ...more }));

  beforeAll(async () => {
    const object = { Bucket: target().bucket, Key: 'parts' };
    const { UploadId } = await target().send(
      new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA256' }),
    );
    const bodies = [Buffer.alloc(5 * MIB, 'a'), Buffer.from('the end')];
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const part = { PartNumber: index + 1, Body, ChecksumAlgorithm: 'SHA256' } as const;
      const { ETag, ChecksumSHA256 } = await target().send(new UploadPartCommand({ ...object, UploadId, ...part }));
      Parts.push({ PartNumber: part.PartNumber, ETag, ChecksumSHA256 });
    }
    const MultipartUpload = { Parts };
    await target().send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
  });

  it('a part is read by its number', async () => {
    const got = await get('parts', { PartNumber: 2 });
    expect(got).toMatchObject({
      PartsCount: 2,
      ContentLength: 7,
      ContentRange: `bytes ${5 * MIB}-${5 * MIB + 6}/${5 * MIB + 7}`,
    });
    expect(await got.Body?.transformToString()).toBe('the end');
    expect(await head('parts', { PartNumber: 1 })).toMatchObject({ PartsCount: 2, ContentLength: 5 * MIB });
    expect(await errorOf(get('parts', { PartNumber: 3 }))).toMatchObject({ code: 'InvalidPartNumber', status: 416 });
    const both = await errorOf(get('parts', { PartNumber: 1, Range: 'bytes=0-1' }));
    expect(both).toMatchObject({ code: 'InvalidRequest', status: 400 });
  });

  it('an object that was put in one request is one part', async () => {
    await put('whole', 'whole');
    const got = await get('whole', { PartNumber: 1 });
    expect(got.PartsCount).toBeUndefined();
    expect(await got.Body?.transformToString()).toBe('whole');
    expect(await errorOf(get('whole', { PartNumber: 2 }))).toMatchObject({ code: 'InvalidPartNumber', status: 416 });
  });

  it('attributes are returned as requested', async () => {
    const { ETag } = await put('attributes', 'some content');
    const all = await attributes('attributes', ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']);
    expect(all).toMatchObject({ ETag: ETag?.replaceAll('"', ''), StorageClass: 'STANDARD', ObjectSize: 12 });
    expect(all.Checksum).toMatchObject({ ChecksumType: 'FULL_OBJECT', ChecksumCRC32: expect.any(String) as string });
    expect(all.ObjectParts).toBeUndefined();
    const size = await attributes('attributes', ['ObjectSize']);
    expect([size.ObjectSize, size.ETag, size.Checksum]).toEqual([12, undefined, undefined]);
    expect(await errorOf(attributes('missing', ['ETag']))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    expect(await errorOf(attributes('attributes', ['Colour' as 'ETag']))).toMatchObject({ code: 'InvalidArgument' });
  });

  it('attributes list the parts in pages', async () => {
    const first = await attributes('parts', ['ObjectParts', 'ObjectSize'], { MaxParts: 1 });
    expect(first.ObjectSize).toBe(5 * MIB + 7);
    expect(first.ObjectParts).toMatchObject({ TotalPartsCount: 2, IsTruncated: true, Parts: [{ PartNumber: 1 }] });
    const PartNumberMarker = first.ObjectParts?.NextPartNumberMarker;
    const rest = await attributes('parts', ['ObjectParts'], { PartNumberMarker });
    expect(rest.ObjectParts).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 2, Size: 7 }] });
    expect(rest.ObjectParts?.Parts?.[0]?.ChecksumSHA256).toBeDefined();
  });
});
