/** An S3 of the local cloud with a real client, and the end of both. */
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { startServer } from '../../../local/http/server.js';
import { createS3Service, type S3Options } from '../../../local/s3/service.js';

export const BUCKET = 'some-bucket';

export interface S3Cloud {
  readonly client: S3Client;
  readonly endpoint: string;
  readonly port: number;
  readonly directory: string;
  newClient(config?: S3ClientConfig): S3Client;
  /** Returns the number of body files on the disk. */
  countFiles(): Promise<number>;
  close(): Promise<void>;
}

export async function startS3(options: Partial<S3Options> = {}): Promise<S3Cloud> {
  const directory = await mkdtemp(path.join(tmpdir(), 'local-s3-'));
  const server = await startServer({ s3: createS3Service({ directory, ...options }) }, { port: 0 });
  const clients: S3Client[] = [];
  const newClient = (config: S3ClientConfig = {}): S3Client => {
    const client = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      ...config,
    });
    clients.push(client);
    return client;
  };
  const client = newClient();
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    client,
    endpoint: server.endpoint,
    port: server.port,
    directory,
    newClient,
    countFiles: async () => (await readdir(directory)).length,
    close: async () => {
      for (const each of clients) each.destroy();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
