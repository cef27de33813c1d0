import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { makeS3Client } from '../../aws/clients.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';

it('reports the time of a listing by S3’s clock, however far it is from ours', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/xml', Date: 'Fri, 02 Jan 2026 03:04:05 GMT' });
    response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = makeS3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  onTestFinished(() => client.destroy());
  const { signal } = new AbortController();
  const { atMs, objects } = await new S3ObjectStore(client, 'bucket').listFolder('p/', { signal });
  expect(new Date(atMs).toISOString()).toBe('2026-01-02T03:04:05.000Z');
  expect(objects).toEqual([]);
});
