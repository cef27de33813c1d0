import type { GetObjectCommand } from '@aws-sdk/client-s3';
import {
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  SelectObjectContentCommand,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, rawRequest, refusedBeforeBody } from './raw-request.js';
import { BUCKET, startS3, type S3Cloud } from './s3-cloud.js';
import { errorOf } from '../../support/error-of.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3({ memoryBudgetBytes: 0 });
});
afterAll(() => cloud.close());

const send: S3Cloud['client']['send'] = ((command: GetObjectCommand) => cloud.client.send(command)) as never;
const object = { Bucket: BUCKET, Key: 'object' };

const md5 = (text: string) => createHash('md5').update(text).digest('base64');

describe('an unserved feature', () => {
  beforeAll(() => send(new PutObjectCommand({ ...object, Body: 'x' })));

  it("is refused as not implemented, with the SDK's own commands", async () => {
    const select = { InputSerialization: {}, OutputSerialization: {}, Expression: 'x', ExpressionType: 'SQL' } as const;
    const ownership = { Rules: [{ ObjectOwnership: 'ObjectWriter' as const }] };
    for (const command of [
      new SelectObjectContentCommand({ ...object, ...select }),
      new PutBucketWebsiteCommand({ Bucket: BUCKET, WebsiteConfiguration: {} }),
      new PutBucketNotificationConfigurationCommand({ Bucket: BUCKET, NotificationConfiguration: {} }),
      new PutBucketOwnershipControlsCommand({ Bucket: BUCKET, OwnershipControls: ownership }),
      new PutObjectCommand({ ...object, Body: 'x', SSECustomerAlgorithm: 'AES256' }),
      new PutObjectCommand({ ...object, Body: 'x', ServerSideEncryption: 'aws:kms' }),
      new PutObjectCommand({ ...object, Body: 'x', StorageClass: 'GLACIER' }),
      new PutObjectCommand({ ...object, Body: 'x', ObjectLockLegalHoldStatus: 'ON' }),
    ]) {
      expect(await errorOf(send(command as unknown as GetObjectCommand))).toMatchObject({
        code: 'NotImplemented',
        status: 501,
      });
    }
  });

  it.each([
    ['DELETE', `/${BUCKET}/object?legal-hold`],
    ['DELETE', `/${BUCKET}?website`],
    ['PUT', `/${BUCKET}/object?partNumber=1`],
    ['PUT', `/${BUCKET}?replication`],
    ['POST', `/${BUCKET}/object`],
    ['POST', `/${BUCKET}`],
    ['GET', `/${BUCKET}?list-type=3`],
    ['GET', `/${BUCKET}/object?torrent`],
    ['PATCH', `/${BUCKET}/object`],
    ['OPTIONS', `/${BUCKET}/object`],
    ['PUT', '/'],
  ])('%s %s is refused and does nothing else', async (method, path) => {
    const reply = await rawRequest(cloud.port, method, path, { headers: { 'content-length': 0 } });
    expect([reply.status, codeOf(reply)]).toEqual([501, 'NotImplemented']);
    expect(reply.body).toContain(`does not serve ${method}`);
    expect(reply.headers['x-amz-request-id']).toBeDefined();
    await send(new HeadObjectCommand(object));
  });

  it('a path that is not UTF-8 is refused', async () => {
    const reply = await rawRequest(cloud.port, 'GET', `/${BUCKET}/%ff`);
    expect([reply.status, codeOf(reply)]).toEqual([400, 'InvalidURI']);
  });
});

it('a client that waits for 100-continue gets it', async () => {
  const body = 'after the wait';
  const headers = { expect: '100-continue', 'content-length': body.length };
  const status = await new Promise((resolve, reject) => {
    const path = `/${BUCKET}/expected`;
    const request = http.request({ port: cloud.port, method: 'PUT', path, headers });
    request.on('continue', () => request.end(body));
    request.on('response', (response) => resolve(response.resume().statusCode));
    request.on('error', reject);
    request.flushHeaders();
  });
  expect(status).toBe(200);
  expect((await rawRequest(cloud.port, 'GET', `/${BUCKET}/expected`)).body).toBe(body);
});

it('no key becomes a path', async () => {
  for (const Key of ['../escaped', '/tmp/escaped', 'folder/escaped']) {
    await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  }
  const files = await readdir(cloud.directory, { withFileTypes: true });
  expect(files.every((file) => file.isFile() && /^[0-9a-f-]{36}$/.test(file.name))).toBe(true);
  expect(await readdir(path.dirname(cloud.directory))).not.toContain('escaped');
});

describe('malformed requests', () => {
  const documents = [
    ['no XML', 'no XML'],
    ['another root', '<Other/>'],
    ['an open element', '<Delete><Object>'],
    ['no keys', '<Delete></Delete>'],
    ['an empty key', '<Delete><Object><Key></Key></Object></Delete>'],
    ['two keys in one entry', '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'],
    [
      'a billion laughs',
      `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(100)}"><!ENTITY c "${'&b;'.repeat(100)}">]><Delete><Object><Key>${'&c;'.repeat(100)}</Key></Object></Delete>`,
    ],
    ['nothing', ''],
  ] as const;
  it.each(documents)('a list of keys that is %s is MalformedXML', async (_what, body) => {
    const headers = { 'content-length': Buffer.byteLength(body), 'content-md5': md5(body) };
    const reply = await rawRequest(cloud.port, 'POST', `/${BUCKET}?delete`, { headers, pieces: [body] });
    expect([reply.status, codeOf(reply)]).toEqual([400, 'MalformedXML']);
  });

  it('a list of keys without a digest is refused', async () => {
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    const headers = { 'content-length': body.length };
    const reply = await rawRequest(cloud.port, 'POST', `/${BUCKET}?delete`, { headers, pieces: [body] });
    expect([reply.status, codeOf(reply)]).toEqual([400, 'InvalidRequest']);
  });

  it('a body without a length is refused', async () => {
    const socket = net.connect(cloud.port, '127.0.0.1');
    socket.write(`PUT /${BUCKET}/unsized HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    let reply = '';
    for await (const piece of socket.setEncoding('utf8')) reply += piece;
    expect(reply).toMatch(/^HTTP\/1.1 411 /);
    expect(reply).toContain('<Code>MissingContentLength</Code>');
  });

  it('a document that is too large is refused before it arrives', async () => {
    const reply = await refusedBeforeBody(cloud.port, `/${BUCKET}?tagging`, { 'content-length': 100 * 1024 * 1024 });
    expect([reply.status, codeOf(reply)]).toEqual([400, 'MaxMessageLengthExceeded']);
  });
});

it('the host may name the bucket', async () => {
  const host = `${BUCKET}.localhost:${cloud.port}`;
  const put = await rawRequest(cloud.port, 'PUT', '/dir/by%20host', {
    headers: { host, 'content-length': 1 },
    pieces: ['x'],
  });
  expect(put.status).toBe(200);
  expect((await rawRequest(cloud.port, 'GET', `/${BUCKET}/dir/by%20host`)).body).toBe('x');
  const listed = await rawRequest(cloud.port, 'GET', '/?list-type=2&prefix=dir/', { headers: { host } });
  expect(listed.body).toContain('<Key>dir/by host</Key>');
});
