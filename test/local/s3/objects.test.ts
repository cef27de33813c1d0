import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, errorOf, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

const put = (Key: string, Body: string, more: object = {}) =>
  cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const get = (Key: string, more: object = {}) =>
  cloud.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }));
const text = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

describe('buckets', () => {
  it('are made, found, listed in order, located and deleted', async () => {
    for (const Bucket of ['b-two', 'b-one']) await cloud.client.send(new CreateBucketCommand({ Bucket }));
    const { Buckets = [] } = await cloud.client.send(new ListBucketsCommand({ Prefix: 'b-' }));
    expect(Buckets.map((bucket) => bucket.Name)).toEqual(['b-one', 'b-two']);
    const head = await cloud.client.send(new HeadBucketCommand({ Bucket: 'b-one' }));
    expect(head.BucketRegion).toBe('us-east-1');
    const location = await cloud.client.send(new GetBucketLocationCommand({ Bucket: 'b-one' }));
    expect(location.LocationConstraint).toBeUndefined();
    for (const Bucket of ['b-two', 'b-one']) await cloud.client.send(new DeleteBucketCommand({ Bucket }));
    const gone = await errorOf(cloud.client.send(new HeadBucketCommand({ Bucket: 'b-one' })));
    expect(gone).toMatchObject({ code: 'NotFound', status: 404 });
  });

  it('keep the location that they were made in, and are owned already when made there again', async () => {
    const create = () =>
      cloud.client.send(
        new CreateBucketCommand({
          Bucket: 'in-frankfurt',
          CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
        }),
      );
    await create();
    const { LocationConstraint } = await cloud.client.send(new GetBucketLocationCommand({ Bucket: 'in-frankfurt' }));
    expect(LocationConstraint).toBe('eu-central-1');
    expect(await errorOf(create())).toMatchObject({ code: 'BucketAlreadyOwnedByYou', status: 409 });
    // The oldest region answers 200.
    await cloud.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });

  it('cannot be deleted while they hold objects', async () => {
    await cloud.client.send(new CreateBucketCommand({ Bucket: 'full-bucket' }));
    await cloud.client.send(new PutObjectCommand({ Bucket: 'full-bucket', Key: 'a', Body: 'x' }));
    const refused = await errorOf(cloud.client.send(new DeleteBucketCommand({ Bucket: 'full-bucket' })));
    expect(refused).toMatchObject({ code: 'BucketNotEmpty', status: 409 });
  });

  it('refuse invalid names and unknown buckets', async () => {
    const invalid = await errorOf(cloud.client.send(new CreateBucketCommand({ Bucket: 'No_Such_Name' })));
    expect(invalid).toMatchObject({ code: 'InvalidBucketName', status: 400 });
    const missing = { Bucket: 'no-such-bucket', Key: 'a' };
    for (const command of [
      new GetObjectCommand(missing),
      new PutObjectCommand({ ...missing, Body: 'x'.repeat(1_000_000) }),
      new DeleteObjectCommand(missing),
    ]) {
      const refused = await errorOf(cloud.client.send(command));
      expect(refused).toMatchObject({ code: 'NoSuchBucket', status: 404 });
    }
  });
});

describe('objects', () => {
  it('come back as they were put, with content headers, metadata and the MD5 as ETag', async () => {
    const md5 = createHash('md5').update('hello').digest('hex');
    const described = {
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentDisposition: 'attachment; filename="a b"',
      ContentEncoding: 'identity',
      ContentLanguage: 'en',
      Metadata: { lease: 'i-1-abc', 'two-words': 'x; y=z' },
    };
    const { ETag } = await put('dir/hello', 'hello', described);
    expect(ETag).toBe(`"${md5}"`);
    const got = await get('dir/hello');
    expect(await got.Body?.transformToString()).toBe('hello');
    const same = { ...described, ETag, ContentLength: 5, AcceptRanges: 'bytes' };
    expect(got).toMatchObject(same);
    const head = await cloud.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'dir/hello' }));
    expect(head).toMatchObject(same);
    expect(head.LastModified).toBeInstanceOf(Date);
  });

  it('may be empty, and are octets unless said', async () => {
    await put('empty', '', { ContentLength: 0 });
    expect(await text('empty')).toBe('');
    expect(await get('empty')).toMatchObject({ ContentLength: 0, ContentType: 'application/octet-stream' });
  });

  it('are missing by their exact code, on HEAD without a body', async () => {
    expect(await errorOf(get('missing'))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    const head = await errorOf(cloud.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'missing' })));
    expect(head).toMatchObject({ code: 'NotFound', status: 404 });
    const raw = await fetch(`${cloud.endpoint}/${BUCKET}/missing`, { method: 'HEAD' });
    expect([raw.status, await raw.text()]).toEqual([404, '']);
  });

  it('are deleted once and again', async () => {
    await put('to-delete', 'x');
    for (let time = 0; time < 2; time++) {
      await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'to-delete' }));
    }
    expect(await errorOf(get('to-delete'))).toMatchObject({ code: 'NoSuchKey' });
  });

  it('are deleted by the thousand, each with its own answer', async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `many/<&"'> ${index}\n`);
    await put(keys[7] as string, 'x');
    const Objects = keys.map((Key) => ({ Key }));
    const { Deleted } = await cloud.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    expect(Deleted?.map((entry) => entry.Key)).toEqual(keys);
    expect(await errorOf(get(keys[7] as string))).toMatchObject({ code: 'NoSuchKey' });
    const tooMany = { Objects: [...Objects, { Key: 'one-more' }] };
    const refused = await errorOf(cloud.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: tooMany })));
    expect(refused).toMatchObject({ code: 'MalformedXML', status: 400 });
  });

  it('are deleted quietly, and refusals are named one by one', async () => {
    await put('kept', 'x');
    const Delete = { Quiet: true, Objects: [{ Key: 'kept', ETag: '"other"' }, { Key: 'gone' }] };
    const result = await cloud.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete }));
    expect(result.Deleted).toBeUndefined();
    expect(result.Errors).toMatchObject([{ Key: 'kept', Code: 'PreconditionFailed' }]);
    expect(await text('kept')).toBe('x');
  });

  it('refuse keys that are too long and metadata that is too large', async () => {
    await put('é'.repeat(512), 'x');
    expect(await errorOf(put('é'.repeat(512) + 'a', 'x'))).toMatchObject({ code: 'KeyTooLongError', status: 400 });
    const large = await errorOf(put('large-metadata', 'x', { Metadata: { a: 'b'.repeat(2048) } }));
    expect(large).toMatchObject({ code: 'MetadataTooLarge', status: 400 });
  });
});

describe('ranges', () => {
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

  it.each(['bytes=5-2', 'items=0-1', 'bytes=0-1,3-4'])('%s is no range: the whole object comes', async (Range) => {
    expect(await text('digits', { Range })).toBe('0123456789');
  });

  it('HEAD tells the length of the range', async () => {
    const head = await cloud.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'digits', Range: 'bytes=2-5' }));
    expect(head).toMatchObject({ ContentLength: 4, ContentRange: 'bytes 2-5/10' });
  });
});

describe('conditional reads', () => {
  it('answer 304 to who has it already and 412 to who wants another', async () => {
    const { ETag } = await put('conditional', 'x');
    expect(await errorOf(get('conditional', { IfNoneMatch: ETag }))).toMatchObject({ status: 304 });
    expect(await errorOf(get('conditional', { IfMatch: '"other"' }))).toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(await text('conditional', { IfMatch: ETag, IfNoneMatch: '"other"' })).toBe('x');
  });

  it('know the time of the last change', async () => {
    await put('timed', 'x');
    const { LastModified } = await get('timed');
    const earlier = new Date((LastModified as Date).getTime() - 1000);
    expect(await errorOf(get('timed', { IfModifiedSince: LastModified }))).toMatchObject({ status: 304 });
    expect(await text('timed', { IfModifiedSince: earlier })).toBe('x');
    expect(await errorOf(get('timed', { IfUnmodifiedSince: earlier }))).toMatchObject({ status: 412 });
    expect(await text('timed', { IfUnmodifiedSince: LastModified })).toBe('x');
  });

  it('give back the headers that they ask for', async () => {
    await put('overridden', 'x');
    const got = await get('overridden', { ResponseContentType: 'text/csv', ResponseContentDisposition: 'inline' });
    expect(got).toMatchObject({ ContentType: 'text/csv', ContentDisposition: 'inline' });
  });
});
