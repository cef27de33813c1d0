/** The endpoint under malicious clients, and under clients that never finish a request. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definedFields } from '../../../core/defined-fields.js';
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { startServer } from '../../../local/http/server.js';
import { parseOptions } from '../../../local/options.js';
import { eventually } from '../../support/eventually.js';
import { exchange } from './raw.js';

const MEBIBYTE = 1024 * 1024;
const keyOf = ({ accessKey }: LocalCloud): string => `Authorization: ${basicAuthorization(accessKey)}`;
const portOf = ({ endpoint }: LocalCloud): number => Number(new URL(endpoint).port);
const clientsOf = (cloud: LocalCloud): { readonly s3: S3Client; readonly sqs: SQSClient } => {
  const config = {
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: cloud.accessKey,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  } as const;
  return { s3: new S3Client({ ...config, forcePathStyle: true }), sqs: new SQSClient(config) };
};

describe('a request that is', () => {
  let cloud: LocalCloud;
  beforeAll(async () => {
    cloud = await startLocalCloud(parseOptions([]));
  });
  afterAll(() => cloud.close());

  const HOST = 'Host: 127.0.0.1\r\n';
  test.each<[string, string, number]>([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['without a host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['of a method that is none', `BREW / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['for another server', `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['for any origin', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 501],
    ['with a header that has a NUL', `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, 400],
    ['with two lengths', `PUT /b/k HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`, 400],
    [
      'with a length and chunks',
      `PUT /b/k HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['with a length that is none', `PUT /b/k HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, 400],
    ['with a length beyond all numbers', `PUT /b/k HTTP/1.1\r\n${HOST}Content-Length: ${'9'.repeat(40)}\r\n\r\n`, 400],
    ['of headers without end', `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['of too many headers', `GET / HTTP/1.1\r\n${HOST}${'A: b\r\n'.repeat(10_000)}\r\n`, 431],
    ['for a path without end', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431],
    ['for a path that cannot be decoded', `GET /b/%zz HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['for a path that is no UTF-8', `GET /b/%ff%fe HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['for nothing but slashes', `GET // HTTP/1.1\r\n${HOST}\r\n`, 403],
  ])('%s is answered', async (_, bytes, status) => {
    const answer = await exchange(portOf(cloud), Buffer.from(bytes, 'latin1'));
    expect(answer.status, answer.text).toBe(status);
  });

  test('malformed in its chunks is answered while its service waits for more', async () => {
    const head = `POST / HTTP/1.1\r\n${HOST}X-Amz-Target: AmazonSQS.ListQueues\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect((await exchange(portOf(cloud), `${head}5\r\nhello\r\nzz\r\n`)).status).toBe(400);
  });

  test('in the form for proxies is treated like any other', async () => {
    const answer = await exchange(
      portOf(cloud),
      `GET http://127.0.0.1/_local/state HTTP/1.1\r\n${HOST}${keyOf(cloud)}\r\n\r\n`,
    );
    expect(answer.status).toBe(200);
  });

  test.each([
    ['SQS', { 'x-amz-target': 'AmazonSQS.SendMessage' }, 413, 'RequestEntityTooLargeException'],
    [
      'EC2',
      { authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/r/ec2/aws4_request' },
      413,
      'RequestEntityTooLarge',
    ],
  ])("larger than %s allows is answered in the service's form, not broken off", async (_, headers, status, code) => {
    const body = 'x'.repeat(16 * MEBIBYTE);
    const response = await fetch(cloud.endpoint, { method: 'POST', headers: headers as Record<string, string>, body });
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(code)]);
  });

  test('from a web page, or to a foreign name that resolves to this machine, does not reach the admin route', async () => {
    const get = (header: string) =>
      exchange(
        portOf(cloud),
        `GET /_local/state HTTP/1.1\r\n${header}\r\n${keyOf(cloud)}\r\nConnection: close\r\n\r\n`,
      );
    expect((await get(`Host: 127.0.0.1:${portOf(cloud)}`)).status).toBe(200);
    expect((await get(`Host: evil.example:${portOf(cloud)}`)).status).toBe(403);
    expect((await get('Host: 127.0.0.1.evil.example')).status).toBe(403);
    expect((await get('Host: 127.0.0.1\r\nOrigin: http://evil.example')).status).toBe(403);
    expect((await get('Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site')).status).toBe(403);
  });
});

test('it listens on the loopback interface alone', async () => {
  const { server, port } = await serverOfNothing();
  const others = Object.values(os.networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
  );
  for (const { address } of others) {
    const socket = net.connect(port, address);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  }
  await server.close();
});

test('a client that sends its headers too slowly gets a timeout', async () => {
  const { server, port } = await serverOfNothing(200);
  const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
  expect(answer.status).toBe(408);
  await server.close();
});

test('a client that asks for a tunnel breaks nothing and delays no shutdown, however it leaves', async () => {
  const { server, port } = await serverOfNothing();
  const ask = async () => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n${'x'.repeat(100_000)}`);
    return socket;
  };
  // An error that no listener handles would end the process, and vitest would report it.
  for (let i = 0; i < 10; i++) (await ask()).resetAndDestroy();
  const open = await ask();
  expect(String(((await once(open, 'data')) as [Buffer])[0])).toMatch(/^HTTP\/1.1 405 /);
  await server.close();
  open.destroy();
});

async function serverOfNothing(headersTimeoutMs?: number) {
  const server = await startServer({}, { port: 0, ...definedFields({ headersTimeoutMs }) });
  return { server, port: server.port };
}

test('a shutdown during polls, uploads and downloads is immediate and leaves nothing behind', async () => {
  const cloud = await startLocalCloud(parseOptions([]));
  const { s3, sqs } = clientsOf(cloud);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  const Body = Buffer.alloc(16 * MEBIBYTE);
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'large', Body }));

  const polls = Array.from({ length: 5 }, () => sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })));
  const getUrl = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'bucket', Key: 'large' }));
  const downloads = Array.from({ length: 3 }, () => http.get(getUrl));
  const answers = await Promise.all(downloads.map(async (download) => (await once(download, 'response')) as [unknown]));
  const putUrl = await getSignedUrl(s3, new PutObjectCommand({ Bucket: 'bucket', Key: 'half' }));
  const uploads = Array.from({ length: 3 }, () => {
    const upload = http.request(putUrl, { method: 'PUT', headers: { 'content-length': MEBIBYTE } });
    upload.write(Buffer.alloc(1024));
    return upload;
  });
  const broken = [...downloads, ...uploads].map(
    (request) => new Promise((resolve) => request.once('close', resolve)), // `once` from node:events would also reject on errors.
  );
  for (const request of [...downloads, ...uploads]) request.on('error', () => undefined);
  for (const [answer] of answers) (answer as http.IncomingMessage).on('error', () => undefined);
  const refused = Promise.allSettled(polls);
  const objects = path.join(cloud.directory, 'objects');
  await eventually(() => readdirSync(objects).length === 1 + uploads.length, { what: 'the uploads to have begun' });

  await cloud.close();
  expect((await refused).map(({ status }) => status)).toEqual(polls.map(() => 'rejected'));
  for (const download of answers) (download[0] as http.IncomingMessage).resume();
  await Promise.all(broken);
  expect(() => readdirSync(cloud.directory)).toThrow('ENOENT');
  s3.destroy();
  sqs.destroy();
});
