import { GetBucketLocationCommand } from '@aws-sdk/client-s3';
import { DescribeFleetsCommand } from '@aws-sdk/client-ec2';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { makeEc2Client, makeS3Client } from '../../aws/clients.js';

afterEach(() => vi.unstubAllEnvs());

it("reaches a configured endpoint whatever the user's AWS settings say", async () => {
  vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
  vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.method ?? '');
    response.end('<x/>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { region: 'us-east-1', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const [s3, ec2] = [makeS3Client(options), makeEc2Client(options)];
  await s3.send(new GetBucketLocationCommand({ Bucket: 'bucket' }));
  await ec2.send(new DescribeFleetsCommand({}));
  expect(asked).toEqual(['GET', 'POST']);
  s3.destroy();
  ec2.destroy();
  await new Promise((resolve) => server.close(resolve));
});
