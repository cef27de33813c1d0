import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeS3Client } from '../../aws/clients.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { ObjectChanged, ObjectMissing } from '../../core/contract/object-store.js';
import { mockedClient } from '../support/mocked-client.js';

const s3 = mockedClient(S3Client);
const { signal } = new AbortController();
const store = new S3ObjectStore(
  makeS3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }),
  'bucket',
);

beforeEach(() => s3.reset());

function awsError(name: string, status: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}

type Body = NonNullable<GetObjectCommandOutput['Body']>;
const bodyOf = (...chunks: (string | Error)[]): Body =>
  Readable.from(
    (async function* () {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield Buffer.from(chunk);
      }
    })(),
  ) as unknown as Body;

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe('reading', () => {
  it('requests exactly the bytes of a range', async () => {
    s3.on(GetObjectCommand).resolves({ Body: bodyOf('cde'), ETag: '"e"', Metadata: { lease: 'l' } });
    const object = await store.get('k', { signal, range: { startByte: 2, endByte: 5 } });
    expect(text(object?.body)).toBe('cde');
    expect(object?.metadata).toEqual({ lease: 'l' });
    expect(s3.commandCalls(GetObjectCommand)[0]?.args[0].input.Range).toBe('bytes=2-4');
  });

  it('returns nothing for an object that ends before the range, and does not retry', async () => {
    s3.on(GetObjectCommand).rejects(awsError('InvalidRange', 416));
    s3.on(HeadObjectCommand).resolves({ ETag: '"e"' });
    const object = await store.get('k', { signal, range: { startByte: 20, endByte: 50 } });
    expect(object).toEqual({ body: new Uint8Array(), etag: '"e"', metadata: {} });
  });

  it('answers undefined for a missing key, and throws for a missing bucket', async () => {
    s3.on(GetObjectCommand).rejectsOnce(awsError('NoSuchKey', 404)).rejectsOnce(awsError('NoSuchBucket', 404));
    s3.on(HeadObjectCommand).rejects(awsError('NotFound', 404));
    expect(await store.get('k', { signal })).toBeUndefined();
    await expect(store.get('k', { signal })).rejects.toThrow('NoSuchBucket');
    expect(await store.head('k', { signal })).toBeUndefined();
  });

  it('says what to check when access is refused', async () => {
    s3.on(GetObjectCommand).rejects(awsError('AccessDenied', 403));
    await expect(store.get('k', { signal })).rejects.toThrow(/s3:\/\/bucket\/k .*s3:ListBucket/);
  });

  it('reads again when a body breaks', async () => {
    s3.on(GetObjectCommand)
      .resolvesOnce({ Body: bodyOf('ab', new Error('socket hang up')) })
      .resolvesOnce({ Body: bodyOf('abc') });
    expect(text((await store.get('k', { signal }))?.body)).toBe('abc');
  });

  it('continues a stream where its body broke, and only on the same object', async () => {
    s3.on(GetObjectCommand)
      .resolvesOnce({ Body: bodyOf('ab', new Error('socket hang up')), ETag: '"e"' })
      .resolvesOnce({ Body: bodyOf('c'), ETag: '"e"' });
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.stream('k', { signal })) chunks.push(chunk);
    expect(text(Buffer.concat(chunks))).toBe('abc');
    const again = s3.commandCalls(GetObjectCommand)[1]?.args[0].input;
    expect(again).toMatchObject({ Range: 'bytes=2-', IfMatch: '"e"' });
  });

  it('reads an object only with the wanted ETag, and throws ObjectChanged when it has another', async () => {
    s3.on(GetObjectCommand).rejects(awsError('PreconditionFailed', 412));
    const range = { startByte: 4, endByte: 6 };
    const streaming = async (): Promise<void> => {
      for await (const _ of store.stream('k', { signal, range, ifMatch: '"e"' }));
    };
    await expect(streaming).rejects.toThrow(ObjectChanged);
    await expect(store.get('k', { signal, ifMatch: '"e"' })).rejects.toThrow(ObjectChanged);
    const inputs = s3.commandCalls(GetObjectCommand).map((call) => call.args[0].input);
    expect(inputs).toMatchObject([{ IfMatch: '"e"', Range: 'bytes=4-5' }, { IfMatch: '"e"' }]);
  });

  it('throws ObjectMissing from a stream of a missing object', async () => {
    s3.on(GetObjectCommand).rejects(awsError('NoSuchKey', 404));
    await expect(async () => {
      for await (const _ of store.stream('k', { signal }));
    }).rejects.toThrow(ObjectMissing);
  });

  it('stops reading a body when the signal aborts', async () => {
    const stop = new AbortController();
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          stop.abort(new Error('enough'));
          yield Buffer.from('x');
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
    s3.on(GetObjectCommand).resolves({ Body: endless as unknown as Body });
    await expect(store.get('k', { signal: stop.signal })).rejects.toThrow('enough');
  });
});

describe('writing', () => {
  it('returns why S3 refused a conditional write', async () => {
    s3.on(PutObjectCommand).rejects(awsError('PreconditionFailed', 412));
    expect(await store.put('k', 'x', { signal, ifNoneMatch: true })).toEqual({ kind: 'exists' });
    expect(await store.put('k', 'x', { signal, ifMatch: '"e"' })).toEqual({ kind: 'changed' });
    await expect(store.put('k', 'x', { signal })).rejects.toThrow('PreconditionFailed');
    s3.on(PutObjectCommand).rejects(awsError('NoSuchKey', 404));
    expect(await store.put('k', 'x', { signal, ifMatch: '"e"' })).toEqual({ kind: 'changed' });
  });

  it('puts again after a conflict of two writers, and gives up after several conflicts', async () => {
    const conflict = awsError('ConditionalRequestConflict', 409);
    s3.on(PutObjectCommand).rejectsOnce(conflict).resolves({ ETag: '"e"' });
    expect(await store.put('k', 'x', { signal, ifNoneMatch: true })).toEqual({ kind: 'written', etag: '"e"' });
    const { Body, IfNoneMatch } = s3.commandCalls(PutObjectCommand)[1]?.args[0].input ?? {};
    expect([Buffer.isBuffer(Body), IfNoneMatch]).toEqual([true, '*']);
    s3.on(PutObjectCommand).rejects(conflict);
    await expect(store.put('k', 'x', { signal, ifNoneMatch: true })).rejects.toThrow('ConditionalRequestConflict');
  });

  it('uploads a stream in parts, on the same condition', async () => {
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCommand).resolves({ ETag: '"p"' });
    s3.on(CompleteMultipartUploadCommand).rejects(awsError('PreconditionFailed', 412));
    s3.on(AbortMultipartUploadCommand).resolves({});
    expect(await store.upload('k', megabytes(20), { signal, ifNoneMatch: true })).toEqual({ kind: 'exists' });
    expect(s3.commandCalls(UploadPartCommand)).toHaveLength(4);
    expect(s3.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input.IfNoneMatch).toBe('*');
  });

  it('makes the parts of an upload larger when 10,000 small ones would not suffice', async () => {
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCommand).resolves({ ETag: '"p"' });
    s3.on(CompleteMultipartUploadCommand).resolves({ ETag: '"e"' });
    await store.upload('k', megabytes(20), { signal, bytes: 100_000 * 1024 * 1024 });
    expect(s3.commandCalls(UploadPartCommand)).toHaveLength(2);
  });

  it('uploads an empty stream as an empty object', async () => {
    s3.on(PutObjectCommand).resolves({ ETag: '"e"' });
    expect(await store.upload('k', megabytes(0), { signal })).toEqual({ kind: 'written', etag: '"e"' });
  });

  it('removes the parts of an upload whose source fails or that is aborted', async () => {
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCommand).resolves({ ETag: '"p"' });
    s3.on(AbortMultipartUploadCommand).resolves({});
    const failing = (async function* () {
      yield* megabytes(20);
      throw new Error('disk gone');
    })();
    await expect(store.upload('k', failing, { signal })).rejects.toThrow('disk gone');
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);

    const stop = new AbortController();
    const aborting = (async function* () {
      yield* megabytes(20);
      stop.abort(new Error('stopped'));
      yield Buffer.alloc(1);
    })();
    await expect(store.upload('k', aborting, { signal: stop.signal })).rejects.toThrow('stopped');
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(2);
    expect(s3.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(0);
  });
});

describe('listing', () => {
  it('pages through all keys', async () => {
    s3.on(ListObjectsV2Command)
      .resolvesOnce({ Contents: [{ Key: 'a', Size: 1 }], IsTruncated: true, NextContinuationToken: 't' })
      .resolvesOnce({ Contents: [{ Key: 'b', Size: 2 }], IsTruncated: false });
    const keys: string[] = [];
    for await (const object of store.list('', { signal, startAfter: '0' })) keys.push(object.key);
    expect(keys).toEqual(['a', 'b']);
    const inputs = s3.commandCalls(ListObjectsV2Command).map((call) => call.args[0].input);
    expect(inputs).toMatchObject([{ StartAfter: '0' }, { ContinuationToken: 't' }]);
  });

  it('distinguishes folders from objects', async () => {
    s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key: 'p/x' }], CommonPrefixes: [{ Prefix: 'p/d/' }] });
    const { objects, folders } = await store.listFolder('p/', { signal });
    expect([objects.map((object) => object.key), folders]).toEqual([['p/x'], ['p/d/']]);
  });
});

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(1024 * 1024);
}
