/** The bucket's lifecycle finds short-lived objects by the tag, so it must arrive however an object is put. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, GetObjectTaggingCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeS3Client } from '../../aws/clients.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { SHORT_LIVED_TAG } from '../../core/contract/tags.js';
import { startServer } from '../../local/http/server.js';
import { createS3Service } from '../../local/s3/service.js';

const Bucket = 'results';
const { signal } = new AbortController();
let directory: string;
let server: Awaited<ReturnType<typeof startServer>>;
let client: S3Client;
let store: S3ObjectStore;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'spotpool-tags-'));
  server = await startServer({ s3: createS3Service({ directory, region: 'us-east-1' }) }, { port: 0 });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = makeS3Client({ region: 'us-east-1', endpoint: server.endpoint, credentials });
  await client.send(new CreateBucketCommand({ Bucket }));
  store = new S3ObjectStore(client, Bucket);
});
afterAll(async () => {
  client.destroy();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

const tagsOf = async (Key: string): Promise<unknown> =>
  (await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

describe('the tag of an object', () => {
  it('arrives with a put, whatever characters it has', async () => {
    await store.put('partial', 'x', { signal, tag: SHORT_LIVED_TAG });
    await store.put('odd', 'x', { signal, tag: { key: 'a+b=c d', value: '+/ü@' } });
    expect(await tagsOf('partial')).toEqual([{ Key: SHORT_LIVED_TAG.key, Value: SHORT_LIVED_TAG.value }]);
    expect(await tagsOf('odd')).toEqual([{ Key: 'a+b=c d', Value: '+/ü@' }]);
  });

  it('arrives with an upload of one part and of several', async () => {
    async function* body(parts: number): AsyncGenerator<Uint8Array> {
      for (let part = 0; part < parts; part += 1) yield randomBytes(3 * 1024 * 1024);
    }
    await store.upload('small', body(1), { signal, tag: SHORT_LIVED_TAG });
    await store.upload('large', body(3), { signal, tag: SHORT_LIVED_TAG });
    const { ETag = '' } = await client.send(new HeadObjectCommand({ Bucket, Key: 'large' }));
    expect(ETag).toMatch(/-2"$/);
    for (const key of ['small', 'large']) {
      expect(await tagsOf(key)).toEqual([{ Key: SHORT_LIVED_TAG.key, Value: SHORT_LIVED_TAG.value }]);
    }
  });

  it('is absent from an object that was put without one', async () => {
    await store.put('outcome', 'x', { signal });
    expect(await tagsOf('outcome')).toEqual([]);
  });
});
