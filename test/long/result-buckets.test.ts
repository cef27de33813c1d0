import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3ResultBucket } from '../../aws/result-buckets.js';
import type { ResultRow } from '../../core/contract/result-row.js';
import { RequestFaults } from '../../local/faults/request-faults.js';
import { startServer } from '../../local/http/server.js';
import { createS3Service } from '../../local/s3/service.js';
import { UserError } from '../../runner/errors.js';
import { jsonLinesForm } from '../../runner/results/forms/json-lines.js';
import { BucketStore } from '../../runner/results/parts/bucket-store.js';
import { openParts } from '../../runner/results/parts/parts-sink.js';
import { PLAIN_COLUMNS, type RowSink, WHOLE } from '../../runner/results/row-sink.js';

const BUCKET = 'the-lake';
const faults = new RequestFaults(7);
let directory: string;
let server: Awaited<ReturnType<typeof startServer>>;
let client: S3Client;
let aborter: AbortController;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'result-buckets-'));
  server = await startServer({ s3: createS3Service({ directory }) }, { port: 0, faults });
  client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 5,
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
});
afterAll(async () => {
  client.destroy();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  aborter = new AbortController();
});

function open(prefix: string, bucket = BUCKET): Promise<RowSink> {
  const { signal } = aborter;
  const store = new BucketStore({
    url: `s3://${bucket}/${prefix}`,
    bucket: new S3ResultBucket(client, bucket),
    prefix,
    signal,
  });
  const identity = { job: 'one', createdAt: '2026-01-01' };
  const form = jsonLinesForm(PLAIN_COLUMNS);
  return openParts(store, { form, ending: '.jsonl', gzip: false, partBytes: 12e6, identity, force: false });
}

const TEXT = 'x'.repeat(1_000);
const rows = (from: number): readonly ResultRow[] =>
  Array.from({ length: 1_000 }, (_, n) => ({ index: from + n, ok: true, outputJson: `"${TEXT}"` }));

const keysBelow = async (prefix: string): Promise<readonly string[]> =>
  ((await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }))).Contents ?? []).map(
    ({ Key = '' }) => Key.slice(prefix.length),
  );
const openUploads = async (): Promise<number> =>
  ((await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? []).length;

describe('results in a bucket', () => {
  it('are whole although connections break and S3 is busy while they are uploaded in pieces', async () => {
    const removals = [
      faults.add({ service: 's3', action: 'UploadPart', fault: 'reset-before', times: 2 }),
      faults.add({ service: 's3', action: 'UploadPart', fault: 'reset-after', after: 2, times: 1 }),
      faults.add({ service: 's3', action: 'UploadPart', fault: '503', times: 1 }),
      faults.add({ service: 's3', action: 'PutObject', fault: 'reset-before', times: 1 }),
    ];
    const sink = await open('whole/');
    for (let n = 0; n < 15; n += 1) await sink.write(rows(n * 1_000));
    await sink.finish(WHOLE);
    expect(faults.list().map(({ struck }) => struck)).toEqual([2, 1, 1, 1]);
    for (const remove of removals) remove();
    expect(await keysBelow('whole/')).toEqual([
      '_manifest.json',
      '_spotpool.json',
      'part-00000.jsonl',
      'part-00001.jsonl',
    ]);
    const { signal } = aborter;
    const bucket = new S3ResultBucket(client, BUCKET);
    let lines = 0;
    for (const part of ['part-00000.jsonl', 'part-00001.jsonl']) {
      const body = (await bucket.get(`whole/${part}`, { signal }))?.body;
      for (const line of Buffer.from(body ?? [])
        .toString()
        .trimEnd()
        .split('\n')) {
        expect(line.startsWith(`{"index":${lines},"ok":true`)).toBe(true);
        lines += 1;
      }
    }
    expect(lines).toBe(15_000);
    expect(await openUploads()).toBe(0);
  });

  it('leave neither objects nor unfinished uploads behind when the command is interrupted', async () => {
    const sink = await open('stopped/');
    for (let n = 0; n < 20; n += 1) await sink.write(rows(n * 1_000));
    aborter.abort(new Error('Ctrl-C'));
    await sink.discard();
    expect(await keysBelow('stopped/')).toEqual([]);
    expect(await openUploads()).toBe(0);
  });

  it('are refused with what to do when the bucket does not exist', async () => {
    await expect(open('x/', 'no-such-bucket')).rejects.toThrow(UserError);
    await expect(open('x/', 'no-such-bucket')).rejects.toThrow(/s3:\/\/no-such-bucket\/x\/: the bucket does not exist/);
  });

  it('of two commands at once never get mixed in one prefix', async () => {
    const first = await open('both/');
    await first.write(rows(0));
    await first.finish(WHOLE);
    const other = { job: 'two', createdAt: '2026-01-02' };
    const store = new BucketStore({
      url: 's3://the-lake/both/',
      bucket: new S3ResultBucket(client, BUCKET),
      prefix: 'both/',
      signal: aborter.signal,
    });
    const request = {
      form: jsonLinesForm(PLAIN_COLUMNS),
      ending: '.jsonl',
      gzip: false,
      partBytes: 12e6,
      force: false,
    };
    await expect(openParts(store, { ...request, identity: other })).rejects.toThrow(/holds results of job one/);
  });
});
