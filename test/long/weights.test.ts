import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeS3Client } from '../../aws/clients.js';
import type { LoggedRequest } from '../../local/api.js';
import { clientOptions } from '../../runner/wiring/stack-ports.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';
import { modelPath } from '../e2e/models.js';

const LARGE = Buffer.alloc(40_000_000, 'weights');

describe('weights', () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    lab = await Lab.start({ maxWorkers: 1, cloud: ['--request-log', '20000'] });
    folder = path.join(lab.directory, 'weights');
    await mkdir(path.join(folder, 'net'), { recursive: true });
    await writeFile(path.join(folder, 'net', 'factor.json'), '3\n');
    await writeFile(path.join(folder, 'large.bin'), LARGE);
  });
  afterAll(() => lab.close());

  const requests = async (): Promise<readonly LoggedRequest[]> =>
    ((await lab.admin('GET', 'requests')) as { readonly requests: readonly LoggedRequest[] }).requests;
  /** The bytes of each ranged read of a key. */
  const readsOf = async (wanted: (key: string) => boolean): Promise<readonly string[]> =>
    (await requests())
      .filter(({ action, parameters }) => action === 'GetObject' && wanted(parameters['Key'] ?? ''))
      .map(({ parameters, headers }) => `${parameters['Key']?.split('/').at(-1)} ${headers['range']}`)
      .sort();
  const isDone = async (job: string): Promise<boolean> => (await lab.status(job)).batches.done === 4;
  const submitted = async (id: string, weights: string): Promise<string> => {
    const dataset = await lab.file('items.jsonl', '0\n1\n2\n3\n');
    const model = ['--model', modelPath('weighted'), '--weights', weights];
    return lab.submit([dataset, ...model, '--batch-size', '1', '--slots', '2', '--id', id]);
  };
  const tripled = [0, 3, 6, 9].map((output, index) => ({ index, ok: true, output }));

  it('are uploaded once and fetched once by an instance, for two slots and two jobs', async () => {
    const first = await submitted('first', folder);
    await lab.setTarget(1);
    await eventually(() => isDone(first), { what: 'the first job', timeoutMs: 60_000 });
    const second = await submitted('second', folder);
    await eventually(() => isDone(second), { what: 'the second job', timeoutMs: 60_000 });
    expect(await lab.results(first)).toEqual(tripled);
    expect(await lab.results(second)).toEqual(tripled);
    expect(await readsOf((key) => key.endsWith('/weights'))).toEqual([
      'weights bytes=0-1',
      'weights bytes=0-16777215',
      'weights bytes=16777216-33554431',
      'weights bytes=33554432-39999999',
    ]);
    const creations = (await requests()).filter(
      ({ action, parameters }) =>
        /^(PutObject|CompleteMultipartUpload)$/.test(action) && (parameters['Key'] ?? '').endsWith('/weights'),
    );
    expect(creations).toHaveLength(2);
  });

  it('of a prefix are read from there, and a job whose weights were replaced says which file it is', async () => {
    const client = makeS3Client(clientOptions(lab.stack));
    await client.send(new CreateBucketCommand({ Bucket: 'our-models' }));
    const put = (key: string, Body: Buffer | string): Promise<unknown> =>
      client.send(new PutObjectCommand({ Bucket: 'our-models', Key: key, Body }));
    await put('v1/net/factor.json', '3\n');
    await put('v1/large.bin', LARGE);
    const third = await submitted('third', 's3://our-models/v1/');
    await eventually(() => isDone(third), { what: 'the third job', timeoutMs: 60_000 });
    expect(await lab.results(third)).toEqual(tripled);

    await put('v2/net/factor.json', '3\n');
    await put('v2/large.bin', LARGE);
    // A worker that still runs would compute the job with the weights of before.
    await lab.setTarget(0);
    for (const { id } of await lab.running()) await lab.reclaim(id, null);
    await eventually(async () => (await lab.running()).length === 0, { what: 'the end of the instance' });
    const fourth = await submitted('fourth', 's3://our-models/v2');
    await put('v2/net/factor.json', '4\n');
    await lab.setTarget(1);
    const logs = async (): Promise<string> => (await lab.cli(['logs', fourth])).stdout;
    await eventually(async () => (await logs()).includes('net/factor.json has changed since it was listed'), {
      what: 'the reason',
      timeoutMs: 60_000,
    });
    client.destroy();
  });
});
