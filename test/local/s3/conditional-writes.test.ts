import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import http from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { BUCKET, errorOf, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

const put = (Key: string, Body: string, more: object = {}) =>
  cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const text = async (Key: string) =>
  (await cloud.client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString();

/** A put whose body is sent when the test says so. */
function slowPut(path: string, size: number, headers: http.OutgoingHttpHeaders = {}) {
  const request = http.request({
    port: cloud.port,
    method: 'PUT',
    path: `/${path}`,
    headers: { 'content-length': size, ...headers },
  });
  const status = new Promise<number | undefined>((resolve) => {
    request.on('response', (response) => resolve(response.resume().statusCode));
    request.on('error', () => resolve(undefined));
  });
  return { request, status };
}

it('a key is created once', async () => {
  await put('once', 'first', { IfNoneMatch: '*' });
  expect(await errorOf(put('once', 'second', { IfNoneMatch: '*' }))).toMatchObject({
    code: 'PreconditionFailed',
    status: 412,
  });
  expect(await text('once')).toBe('first');
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'once' }));
  await put('once', 'third', { IfNoneMatch: '*' });
  expect(await text('once')).toBe('third');
});

it('of many racing creations exactly one wins, and the losers leave nothing', async () => {
  const filesBefore = await cloud.countFiles();
  const bodies = Array.from({ length: 25 }, (_, index) => `body ${index}`);
  const results = await Promise.allSettled(bodies.map((body) => put('raced', body, { IfNoneMatch: '*' })));
  const winners = bodies.filter((_, index) => results[index]?.status === 'fulfilled');
  expect(winners).toHaveLength(1);
  expect(await text('raced')).toBe(winners[0]);
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'one file' });
});

it('a condition is checked when the body is there, not when the put begins', async () => {
  const filesBefore = await cloud.countFiles();
  const slow = slowPut(`${BUCKET}/late`, 4, { 'if-none-match': '*' });
  slow.request.write('sl');
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'the file of the body' });
  await put('late', 'fast', { IfNoneMatch: '*' });
  slow.request.end('ow');
  expect(await slow.status).toBe(412);
  expect(await text('late')).toBe('fast');
});

it('If-Match writes over what was read, and nothing else', async () => {
  const { ETag } = await put('matched', 'one');
  await put('matched', 'two', { IfMatch: ETag });
  expect(await errorOf(put('matched', 'three', { IfMatch: ETag }))).toMatchObject({
    code: 'PreconditionFailed',
    status: 412,
  });
  expect(await errorOf(put('never-written', 'x', { IfMatch: ETag }))).toMatchObject({ code: 'NoSuchKey', status: 404 });
  expect(await text('matched')).toBe('two');
});

it('of many racing If-Match writes exactly one wins', async () => {
  const { ETag } = await put('counter', 'start');
  const results = await Promise.allSettled(
    Array.from({ length: 25 }, (_, index) => put('counter', `${index}`, { IfMatch: ETag })),
  );
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

it('If-None-Match serves the star alone', async () => {
  const refused = await errorOf(put('other', 'x', { IfNoneMatch: '"abc"' }));
  expect(refused).toMatchObject({ code: 'NotImplemented', status: 501 });
});

it('a copy creates a key once', async () => {
  await put('source', 'copied');
  const copy = () =>
    cloud.client.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/source`, IfNoneMatch: '*' }),
    );
  await copy();
  expect(await errorOf(copy())).toMatchObject({ code: 'PreconditionFailed', status: 412 });
  expect(await text('copy')).toBe('copied');
});

it('a delete may have a condition too', async () => {
  const { ETag } = await put('guarded', 'x');
  const remove = (IfMatch: string) =>
    cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'guarded', IfMatch }));
  expect(await errorOf(remove('"other"'))).toMatchObject({ code: 'PreconditionFailed', status: 412 });
  expect(await text('guarded')).toBe('x');
  await remove(ETag ?? '');
  expect(await errorOf(text('guarded'))).toMatchObject({ code: 'NoSuchKey' });
});

it('a put whose socket dies half-way leaves nothing, and what was there stays', async () => {
  await put('half', 'whole');
  const filesBefore = await cloud.countFiles();
  const slow = slowPut(`${BUCKET}/half`, 2_000_000);
  slow.request.write(Buffer.alloc(1_000_000));
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'the file of the new body' });
  slow.request.destroy();
  await slow.status;
  await eventually(async () => (await cloud.countFiles()) === filesBefore, { what: 'the file to be gone' });
  expect(await text('half')).toBe('whole');
});

it('a put into a bucket that goes meanwhile is refused, and leaves nothing', async () => {
  await cloud.client.send(new CreateBucketCommand({ Bucket: 'short-lived' }));
  const filesBefore = await cloud.countFiles();
  const slow = slowPut('short-lived/a', 4);
  slow.request.write('ab');
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'the file of the body' });
  await cloud.client.send(new DeleteBucketCommand({ Bucket: 'short-lived' }));
  slow.request.end('cd');
  expect(await slow.status).toBe(404);
  await eventually(async () => (await cloud.countFiles()) === filesBefore, { what: 'the file to be gone' });
});

it('who reads an object while it is overwritten and deleted reads the old one to its end', async () => {
  const old = Buffer.alloc(8 * 1024 * 1024, 'old!');
  await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'read-on', Body: old }));
  const filesBefore = await cloud.countFiles();
  const { Body } = await cloud.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'read-on' }));
  await put('read-on', 'new');
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'read-on' }));
  const read = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect(read.equals(old)).toBe(true);
  await eventually(async () => (await cloud.countFiles()) === filesBefore - 1, { what: 'both files to be gone' });
});

it('who leaves in the middle of a read holds no file', async () => {
  const body = Buffer.alloc(8 * 1024 * 1024);
  await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'left', Body: body }));
  const filesBefore = await cloud.countFiles();
  const { Body } = await cloud.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'left' }));
  (Body as unknown as { destroy(): void }).destroy();
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'left' }));
  await eventually(async () => (await cloud.countFiles()) === filesBefore - 1, { what: 'the file to be gone' });
  expect(await errorOf(cloud.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'left' })))).toMatchObject({
    status: 404,
  });
});
