import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { BUCKET, errorOf, startS3, type S3Cloud } from './s3-cloud.js';

const MIB = 1024 * 1024;
let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

const send: S3Cloud['client']['send'] = ((command: GetObjectCommand) => cloud.client.send(command)) as never;

async function create(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key, ...more }));
  return { Bucket: BUCKET, Key, UploadId };
}
type Target = Awaited<ReturnType<typeof create>>;

async function part(target: Target, PartNumber: number, Body: Buffer, more: object = {}): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA256 } = await send(
    new UploadPartCommand({ ...target, PartNumber, Body, ...more }),
  );
  return { PartNumber, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA256 };
}
const complete = (target: Target, Parts: CompletedPart[], more: object = {}) =>
  send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts }, ...more }));
async function read(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await send(new GetObjectCommand({ Bucket: BUCKET, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
const large = (fill: string) => Buffer.alloc(5 * MIB, fill);

it('a stream of unknown length goes up by lib-storage and comes back whole and by range across its parts', async () => {
  const content = Buffer.alloc(12 * MIB + 345);
  for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, Math.min(at, content.length - 4));
  const upload = new Upload({
    client: cloud.client,
    params: {
      Bucket: BUCKET,
      Key: 'streamed',
      Body: Readable.from(slices(content, 100_000)),
      Metadata: { lease: 'abc' },
      ContentType: 'application/jsonl',
      IfNoneMatch: '*',
    },
  });
  const { ETag } = await upload.done();
  const md5s = slices(content, 5 * MIB).map((piece) => createHash('md5').update(piece).digest());
  expect(ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3"`);
  const head = await send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'streamed', ChecksumMode: 'ENABLED' }));
  expect(head).toMatchObject({
    ETag,
    ContentLength: content.length,
    ContentType: 'application/jsonl',
    Metadata: { lease: 'abc' },
    ChecksumType: 'COMPOSITE',
    ChecksumCRC32: expect.stringMatching(/-3$/) as string,
  });
  expect((await read('streamed')).equals(content)).toBe(true);
  const [start, end] = [5 * MIB - 10, 10 * MIB + 10];
  expect((await read('streamed', `bytes=${start}-${end}`)).equals(content.subarray(start, end + 1))).toBe(true);
});

function slices(content: Buffer, size: number): Buffer[] {
  const result: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) result.push(content.subarray(at, at + size));
  return result;
}

describe('completing', () => {
  it('joins the listed parts alone, the last upload of each, and lets go of the others', async () => {
    const target = await create('listed');
    const filesBefore = await cloud.countFiles();
    await part(target, 2, large('old'));
    const [second, ninth] = [await part(target, 2, large('b')), await part(target, 9, Buffer.from('end'))];
    await part(target, 5, large('unused'));
    await complete(target, [second, ninth]);
    expect((await read('listed')).equals(Buffer.concat([large('b'), Buffer.from('end')]))).toBe(true);
    await eventually(async () => (await cloud.countFiles()) === filesBefore + 2, { what: 'two files' });
    expect(await errorOf(complete(target, [second]))).toMatchObject({ code: 'NoSuchUpload', status: 404 });
  });

  it('refuses what is out of order, unknown, changed, too small or empty, and can be tried again', async () => {
    const target = await create('refused');
    const [first, second] = [await part(target, 1, large('a')), await part(target, 2, Buffer.from('small'))];
    const third = await part(target, 3, Buffer.from('end'));
    const refusals: [CompletedPart[], string][] = [
      [[second, first], 'InvalidPartOrder'],
      [[first, first], 'InvalidPartOrder'],
      [[first, { ...third, PartNumber: 4 }], 'InvalidPart'],
      [[first, { ...third, ETag: first.ETag }], 'InvalidPart'],
      [[first, { ...third, ChecksumCRC32: first.ChecksumCRC32 }], 'InvalidPart'],
      [[first, second, third], 'EntityTooSmall'],
      [[], 'MalformedXML'],
    ];
    for (const [parts, code] of refusals) {
      expect(await errorOf(complete(target, parts))).toMatchObject({ code, status: 400 });
    }
    expect(await errorOf(read('refused'))).toMatchObject({ code: 'NoSuchKey' });
    await complete(target, [first, third]);
    expect(await read('refused')).toHaveLength(5 * MIB + 3);
  });

  it('of racing conditional completions and puts exactly one wins, and the loser keeps its upload', async () => {
    const targets = await Promise.all(Array.from({ length: 8 }, () => create('raced')));
    const parts = await Promise.all(targets.map((target, index) => part(target, 1, Buffer.from(`upload ${index}`))));
    const results = await Promise.allSettled([
      ...targets.map((target, index) => complete(target, [parts[index] as CompletedPart], { IfNoneMatch: '*' })),
      send(new PutObjectCommand({ Bucket: BUCKET, Key: 'raced', Body: 'put', IfNoneMatch: '*' })),
    ]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    expect(new Set(reasons.map((reason) => reason.name))).toEqual(new Set(['PreconditionFailed']));
    const { Uploads = [] } = await send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: 'raced' }));
    expect(Uploads.length).toBeGreaterThanOrEqual(7);
    for (const target of Uploads) {
      await send(new AbortMultipartUploadCommand({ Bucket: BUCKET, Key: 'raced', UploadId: target.UploadId }));
    }
  });

  it('may expect the ETag of what it writes over', async () => {
    const { ETag } = await send(new PutObjectCommand({ Bucket: BUCKET, Key: 'over', Body: 'old' }));
    const target = await create('over');
    const parts = [await part(target, 1, Buffer.from('new'))];
    const refused = await errorOf(complete(target, parts, { IfMatch: '"other"' }));
    expect(refused).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    await complete(target, parts, { IfMatch: ETag });
    expect((await read('over')).toString()).toBe('new');
  });
});

describe('checksums of parts', () => {
  it('make the checksum of the whole when it was asked for', async () => {
    const content = [large('a'), Buffer.from('the end')];
    const target = await create('full', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const parts = [await part(target, 1, content[0] as Buffer), await part(target, 2, content[1] as Buffer)];
    const wrong = await errorOf(complete(target, parts, { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' }));
    expect(wrong).toMatchObject({ code: 'BadDigest', status: 400 });
    const { ChecksumCRC32, ChecksumType } = await complete(target, parts);
    const expected = Buffer.alloc(4);
    expected.writeUInt32BE(crc32(Buffer.concat(content)));
    expect({ ChecksumCRC32, ChecksumType }).toEqual({
      ChecksumCRC32: expected.toString('base64'),
      ChecksumType: 'FULL_OBJECT',
    });
    const got = await send(new GetObjectCommand({ Bucket: BUCKET, Key: 'full', ChecksumMode: 'ENABLED' }));
    expect(await got.Body?.transformToByteArray()).toHaveLength(5 * MIB + 7);
  });

  it('must be of the kind that the upload began with, and be named on completing', async () => {
    const target = await create('kinds', { ChecksumAlgorithm: 'SHA256' });
    const other = await errorOf(part(target, 1, Buffer.from('x'), { ChecksumAlgorithm: 'CRC32' }));
    expect(other).toMatchObject({ code: 'InvalidRequest', status: 400 });
    const { PartNumber, ETag, ChecksumSHA256 } = await part(target, 1, Buffer.from('x'), {
      ChecksumAlgorithm: 'SHA256',
    });
    expect(await errorOf(complete(target, [{ PartNumber, ETag }]))).toMatchObject({ code: 'InvalidRequest' });
    const completed = await complete(target, [{ PartNumber, ETag, ChecksumSHA256 }]);
    expect(completed.ChecksumSHA256).toMatch(/-1$/);
  });

  it.each([
    ['SHA1', 'FULL_OBJECT'],
    ['CRC64NVME', 'COMPOSITE'],
  ] as const)('%s is never %s', async (ChecksumAlgorithm, ChecksumType) => {
    const refused = await errorOf(create('never', { ChecksumAlgorithm, ChecksumType }));
    expect(refused).toMatchObject({ code: 'InvalidRequest', status: 400 });
  });
});

describe('unfinished uploads', () => {
  it('show no object, list their parts in pages, and go without a trace when aborted', async () => {
    const filesBefore = await cloud.countFiles();
    const target = await create('aborted');
    for (const number of [3, 1, 2]) await part(target, number, Buffer.from('x'.repeat(number)));
    expect(await errorOf(read('aborted'))).toMatchObject({ code: 'NoSuchKey' });
    const first = await send(new ListPartsCommand({ ...target, MaxParts: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1 }, { PartNumber: 2, Size: 2 }] });
    const marker = { PartNumberMarker: first.NextPartNumberMarker };
    const rest = await send(new ListPartsCommand({ ...target, ...marker }));
    expect(rest).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3, Size: 3 }] });
    await send(new AbortMultipartUploadCommand(target));
    await eventually(async () => (await cloud.countFiles()) === filesBefore, { what: 'the parts to be gone' });
    for (const command of [new AbortMultipartUploadCommand(target), new ListPartsCommand(target)]) {
      const refused = await errorOf(send(command));
      expect(refused).toMatchObject({ code: 'NoSuchUpload', status: 404 });
    }
    expect(await errorOf(part(target, 1, Buffer.from('x')))).toMatchObject({ code: 'NoSuchUpload' });
  });

  it('are listed by key and age, in pages and by common prefix', async () => {
    const targets: Target[] = [];
    for (const Key of ['up/b', 'up/a', 'up/a', 'up/c/1', 'up/c/2']) targets.push(await create(Key));
    const query = { Bucket: BUCKET, Prefix: 'up/' };
    const seen: (string | undefined)[] = [];
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    let isTruncated: boolean | undefined;
    do {
      const page = await send(new ListMultipartUploadsCommand({ ...query, MaxUploads: 2, ...markers }));
      seen.push(...(page.Uploads ?? []).map((upload) => upload.UploadId));
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      isTruncated = page.IsTruncated;
    } while (isTruncated);
    expect(seen).toHaveLength(5);
    expect(seen.slice(2)).toEqual([0, 3, 4].map((index) => targets[index]?.UploadId));
    const grouped = await send(new ListMultipartUploadsCommand({ ...query, Delimiter: '/' }));
    expect(grouped.CommonPrefixes).toEqual([{ Prefix: 'up/c/' }]);
    expect(grouped.Uploads?.map((upload) => upload.Key)).toEqual(['up/a', 'up/a', 'up/b']);
  });

  it('have parts 1 to 10,000', async () => {
    const target = await create('numbers');
    for (const number of [0, 10_001]) {
      const refused = await errorOf(part(target, number, Buffer.from('x')));
      expect(refused).toMatchObject({ code: 'InvalidArgument', status: 400 });
    }
    await part(target, 10_000, Buffer.from('x'));
  });
});

it('a part may be copied from a range of an object', async () => {
  await send(new PutObjectCommand({ Bucket: BUCKET, Key: 'of parts', Body: Buffer.concat([large('x'), large('y')]) }));
  const target = await create('from parts', { ChecksumAlgorithm: 'CRC32' });
  const copy = async (PartNumber: number, CopySourceRange: string): Promise<CompletedPart> => {
    const source = { CopySource: `${BUCKET}/of%20parts`, CopySourceRange };
    const { CopyPartResult } = await send(new UploadPartCopyCommand({ ...target, PartNumber, ...source }));
    return { PartNumber, ETag: CopyPartResult?.ETag, ChecksumCRC32: CopyPartResult?.ChecksumCRC32 };
  };
  const parts = [await copy(1, `bytes=${5 * MIB}-${10 * MIB - 1}`), await copy(2, 'bytes=0-9')];
  expect(parts[1]?.ETag).toBe(`"${createHash('md5').update('xxxxxxxxxx').digest('hex')}"`);
  await complete(target, parts);
  expect((await read('from parts')).equals(Buffer.concat([large('y'), Buffer.from('xxxxxxxxxx')]))).toBe(true);
  expect(await errorOf(copy(1, `bytes=0-${10 * MIB}`))).toMatchObject({ code: 'NoSuchUpload' });
  const other = await create('from parts');
  const beyond = new UploadPartCopyCommand({
    ...other,
    PartNumber: 1,
    CopySource: `${BUCKET}/of%20parts`,
    CopySourceRange: `bytes=0-${10 * MIB}`,
  });
  expect(await errorOf(send(beyond))).toMatchObject({ code: 'InvalidArgument', status: 400 });
});
