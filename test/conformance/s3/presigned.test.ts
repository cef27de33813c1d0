// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  CreateMultipartUploadCommand,
  CompleteMultipartUploadCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';

const target = conformanceBucket();
const sign = (command: GetObjectCommand | PutObjectCommand | HeadObjectCommand | DeleteObjectCommand, more = {}) =>
  getSignedUrl(target().s3, command, { expiresIn: 60, ...more });
const codeOf = async (response: Response) => /<Code>(.*)<\/Code>/.exec(await response.text())?.[1];

describe('Presigned URLs', () => {
  it('put, read, head and delete an object for anyone who has them', async () => {
    const object = { Bucket: target().bucket, Key: 'dir/some key+é' };
    const put = await fetch(await sign(new PutObjectCommand({ ...object, Metadata: { by: 'url' } })), {
      method: 'PUT',
      body: 'some content',
    });
    expect(put.status).toBe(200);
    const got = await fetch(await sign(new GetObjectCommand({ ...object, ResponseContentType: 'text/csv' })));
    expect(await got.text()).toBe('some content');
    expect([got.headers.get('content-type'), got.headers.get('x-amz-meta-by')]).toEqual(['text/csv', 'url']);
    const head = await fetch(await sign(new HeadObjectCommand(object)), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '12']);
    expect((await fetch(await sign(new DeleteObjectCommand(object)), { method: 'DELETE' })).status).toBe(204);
    const gone = await fetch(await sign(new GetObjectCommand(object)));
    expect([gone.status, await codeOf(gone)]).toEqual([404, 'NoSuchKey']);
  });

  it('return ranges and answer conditions', async () => {
    const object = { Bucket: target().bucket, Key: 'ranged' };
    await target().send(new PutObjectCommand({ ...object, Body: '0123456789' }));
    const url = await sign(new GetObjectCommand(object));
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([part.status, await part.text()]).toEqual([206, '234']);
    const etag = part.headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('upload the parts of an upload', async () => {
    const object = { Bucket: target().bucket, Key: 'in parts' };
    const { UploadId } = await target().send(new CreateMultipartUploadCommand(object));
    const command = new UploadPartCommand({ ...object, UploadId, PartNumber: 1 });
    const response = await fetch(await getSignedUrl(target().s3, command), { method: 'PUT', body: 'a part' });
    const Parts = [{ PartNumber: 1, ETag: response.headers.get('etag') ?? '' }];
    await target().send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
    const { Body } = await target().send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('a part');
  });

  it('expire', async () => {
    const object = { Bucket: target().bucket, Key: 'expired' };
    const signingDate = new Date(Date.now() - 120_000);
    const response = await fetch(await sign(new GetObjectCommand(object), { signingDate }));
    expect(response.status).toBe(403);
    const body = await response.text();
    expect(body).toContain('<Code>AccessDenied</Code>');
    expect(body).toContain('<Message>Request has expired</Message>');
  });

  it('are valid only for the signed request', async () => {
    const [mine, other] = ['mine', 'other'].map((Key) => ({ Bucket: target().bucket, Key }));
    const url = await sign(new PutObjectCommand(mine ?? { Bucket: '', Key: '' }));
    const elsewhere = await fetch(url.replace('/mine?', '/other?'), { method: 'PUT', body: 'x' });
    expect([elsewhere.status, await codeOf(elsewhere)]).toEqual([403, 'SignatureDoesNotMatch']);
    expect((await fetch(url)).status).toBe(403);
    expect(
      (await fetch(await sign(new HeadObjectCommand(other ?? { Bucket: '', Key: '' })), { method: 'HEAD' })).status,
    ).toBe(404);
  });
});
