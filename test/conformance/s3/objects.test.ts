// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html · API_DeleteObjects.html
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceBucket();
const put = (Key: string, Body: string, more: object = {}) =>
  target().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body, ...more }));
const get = (Key: string, more: object = {}) =>
  target().send(new GetObjectCommand({ Bucket: target().bucket, Key, ...more }));
const text = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

describe('Objects', () => {
  it('are returned as they were put, with content headers, metadata and the MD5 as ETag', async () => {
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
    const head = await target().send(new HeadObjectCommand({ Bucket: target().bucket, Key: 'dir/hello' }));
    expect(head).toMatchObject(same);
    expect(head.LastModified).toBeInstanceOf(Date);
    expect(head.ServerSideEncryption).toBe('AES256');
  });

  it('may be empty, and have the type octet-stream by default', async () => {
    await put('empty', '', { ContentLength: 0 });
    expect(await text('empty')).toBe('');
    expect(await get('empty')).toMatchObject({ ContentLength: 0, ContentType: 'application/octet-stream' });
  });

  it('have an exact error code when missing, on HEAD without a body', async () => {
    expect(await errorOf(get('missing'))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    const head = await errorOf(target().send(new HeadObjectCommand({ Bucket: target().bucket, Key: 'missing' })));
    expect(head).toMatchObject({ code: 'NotFound', status: 404 });
  });

  it('can be deleted repeatedly', async () => {
    await put('to-delete', 'x');
    for (let time = 0; time < 2; time++) {
      await target().send(new DeleteObjectCommand({ Bucket: target().bucket, Key: 'to-delete' }));
    }
    expect(await errorOf(get('to-delete'))).toMatchObject({ code: 'NoSuchKey' });
  });

  it('are deleted a thousand per call, each with its own answer', async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `many/<&"'> ${index}\n`);
    await put(keys[7] as string, 'x');
    const Objects = keys.map((Key) => ({ Key }));
    const { Deleted } = await target().send(new DeleteObjectsCommand({ Bucket: target().bucket, Delete: { Objects } }));
    expect(Deleted?.map((entry) => entry.Key)).toEqual(keys);
    expect(await errorOf(get(keys[7] as string))).toMatchObject({ code: 'NoSuchKey' });
    const tooMany = { Objects: [...Objects, { Key: 'one-more' }] };
    const refused = await errorOf(
      target().send(new DeleteObjectsCommand({ Bucket: target().bucket, Delete: tooMany })),
    );
    expect(refused).toMatchObject({ code: 'MalformedXML', status: 400 });
  });

  it('are deleted quietly, with refusals listed one by one', async () => {
    await put('kept', 'x');
    const Delete = { Quiet: true, Objects: [{ Key: 'kept', ETag: '"other"' }, { Key: 'gone' }] };
    const result = await target().send(new DeleteObjectsCommand({ Bucket: target().bucket, Delete }));
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
