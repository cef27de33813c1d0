import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { BUCKET, startS3, type S3Cloud } from './s3-cloud.js';
import { errorOf } from '../../support/error-of.js';

let cloud: S3Cloud;
beforeAll(async () => {
  // Every body becomes a file, so that files that are left behind can be counted.
  cloud = await startS3({ memoryBudgetBytes: 0 });
});
afterAll(() => cloud.close());

const put = (Key: string, Body: string, more: object = {}) =>
  cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const text = async (Key: string) =>
  (await cloud.client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString();

/** Starts a put whose body is sent when the test says so. */
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

it('of many racing creations exactly one wins, and the losers leave nothing behind', async () => {
  const filesBefore = await cloud.countFiles();
  const bodies = Array.from({ length: 25 }, (_, index) => `body ${index}`);
  const results = await Promise.allSettled(bodies.map((body) => put('raced', body, { IfNoneMatch: '*' })));
  const winners = bodies.filter((_, index) => results[index]?.status === 'fulfilled');
  expect(winners).toHaveLength(1);
  expect(await text('raced')).toBe(winners[0]);
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'one file' });
});

it('a condition is checked when the body has arrived, not when the put begins', async () => {
  const filesBefore = await cloud.countFiles();
  const slow = slowPut(`${BUCKET}/late`, 4, { 'if-none-match': '*' });
  slow.request.write('sl');
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'the file of the body' });
  await put('late', 'fast', { IfNoneMatch: '*' });
  slow.request.end('ow');
  expect(await slow.status).toBe(412);
  expect(await text('late')).toBe('fast');
});

it('a put whose socket breaks half-way leaves nothing behind, and the old object stays', async () => {
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

it('a put into a bucket that is deleted meanwhile is refused and leaves nothing behind', async () => {
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

it('a reader of an object that is overwritten and deleted reads the old one to its end', async () => {
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

it('a client that leaves in the middle of a read keeps no file open', async () => {
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

it.each([
  ['for what wants to create', { 'if-none-match': '*' }, 409],
  ['for what wants to write over', { 'if-match': 'current' }, 404],
])('a delete before the end of a conditional write is a conflict: %s', async (_what, conditions, status) => {
  const { ETag = '' } = await put('contested', 'old');
  const filesBefore = await cloud.countFiles();
  const headers = 'if-match' in conditions ? { 'if-match': ETag } : conditions;
  const slow = slowPut(`${BUCKET}/contested`, 4, headers);
  slow.request.write('sl');
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'the file of the body' });
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'contested' }));
  slow.request.end('ow');
  expect(await slow.status).toBe(status);
  // The second try has no rival.
  await put('contested', 'new', { IfNoneMatch: '*' });
  expect(await text('contested')).toBe('new');
});

it('a part whose upload is aborted while it arrives is refused and leaves nothing behind', async () => {
  const target = { Bucket: BUCKET, Key: 'aborted' };
  const { UploadId } = await cloud.client.send(new CreateMultipartUploadCommand(target));
  const filesBefore = await cloud.countFiles();
  const slow = slowPut(`${BUCKET}/aborted?partNumber=1&uploadId=${UploadId}`, 4);
  slow.request.write('sl');
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'the file of the part' });
  await cloud.client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
  slow.request.end('ow');
  expect(await slow.status).toBe(404);
  await eventually(async () => (await cloud.countFiles()) === filesBefore, { what: 'the file to be gone' });
});

it('completing frees the parts that it does not name, and those that were replaced', async () => {
  const target = { Bucket: BUCKET, Key: 'completed' };
  const { UploadId } = await cloud.client.send(new CreateMultipartUploadCommand(target));
  const filesBefore = await cloud.countFiles();
  const part = async (PartNumber: number, Body: string) => {
    const { ETag } = await cloud.client.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  await part(2, 'first');
  const again = await part(2, 'second');
  await part(5, 'unused');
  const MultipartUpload = { Parts: [again] };
  await cloud.client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
  expect(await text('completed')).toBe('second');
  await eventually(async () => (await cloud.countFiles()) === filesBefore + 1, { what: 'one file' });
});

it('a copy shares the bytes of its source, and each can be deleted alone', async () => {
  const filesBefore = await cloud.countFiles();
  await put('mother', 'shared');
  await cloud.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'daughter', CopySource: `${BUCKET}/mother` }));
  expect(await cloud.countFiles()).toBe(filesBefore + 1);
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'mother' }));
  expect(await text('daughter')).toBe('shared');
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'daughter' }));
  await eventually(async () => (await cloud.countFiles()) === filesBefore, { what: 'the shared file to be gone' });
});

it('the shutdown does not wait for open transfers', async () => {
  const ending = await startS3({ memoryBudgetBytes: 0 });
  const upload = http.request({
    port: ending.port,
    method: 'PUT',
    path: `/${BUCKET}/open`,
    headers: { 'content-length': 9 },
  });
  const broken = new Promise<void>((resolve) => upload.on('error', () => resolve()));
  upload.write('half');
  await eventually(async () => (await ending.countFiles()) === 1, { what: 'the file of the body' });
  await ending.close();
  await broken;
});

it('a client that pipelines many requests and leaves keeps nothing open', async () => {
  const body = Buffer.alloc(32 * 1024 * 1024);
  await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'piped', Body: body }));
  const filesBefore = await cloud.countFiles();
  const socket = net.connect(cloud.port, '127.0.0.1');
  socket.write(`GET /${BUCKET}/piped HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(5));
  // The replies have begun, and no client reads them.
  await once(socket, 'readable');
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'piped' }));
  expect(await cloud.countFiles()).toBe(filesBefore);
  socket.destroy();
  await eventually(async () => (await cloud.countFiles()) === filesBefore - 1, { what: 'the file to be gone' });
});
