// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html · API_CompleteMultipartUpload.html · qfacts.html
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
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const MIB = 1024 * 1024;
const here = conformanceBucket();

async function create(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await here().send(new CreateMultipartUploadCommand({ Bucket: here().bucket, Key, ...more }));
  return { Bucket: here().bucket, Key, UploadId };
}
type Target = Awaited<ReturnType<typeof create>>;

async function part(target: Target, PartNumber: number, Body: Buffer, more: object = {}): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA256 } = await here().send(
    new UploadPartCommand({ ...target, PartNumber, Body, ...more }),
  );
  return { PartNumber, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA256 };
}
const complete = (target: Target, Parts: CompletedPart[], more: object = {}) =>
  here().send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts }, ...more }));
async function read(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await here().send(new GetObjectCommand({ Bucket: here().bucket, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
// A completion may name its parts' checksums only if the upload was created for them.
const WITH_CHECKSUMS = { ChecksumAlgorithm: 'CRC32' } as const;
const large = (fill: string) => Buffer.alloc(5 * MIB, fill);

describe('Multipart uploads', () => {
  it('of a stream of unknown length by lib-storage are read back whole and by range across parts', async () => {
    const content = Buffer.alloc(12 * MIB + 345);
    for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, Math.min(at, content.length - 4));
    const upload = new Upload({
      client: here().s3,
      params: {
        Bucket: here().bucket,
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
    const head = await here().send(
      new HeadObjectCommand({ Bucket: here().bucket, Key: 'streamed', ChecksumMode: 'ENABLED' }),
    );
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
});

function slices(content: Buffer, size: number): Buffer[] {
  const result: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) result.push(content.subarray(at, at + size));
  return result;
}

describe('Completing multipart uploads', () => {
  it('joins only the listed parts, with the last upload of each', async () => {
    const target = await create('listed', WITH_CHECKSUMS);
    await part(target, 2, large('old'));
    const [second, ninth] = [await part(target, 2, large('b')), await part(target, 9, Buffer.from('end'))];
    await part(target, 5, large('unused'));
    await complete(target, [second, ninth]);
    expect((await read('listed')).equals(Buffer.concat([large('b'), Buffer.from('end')]))).toBe(true);
    expect(await errorOf(complete(target, [second]))).toMatchObject({ code: 'NoSuchUpload', status: 404 });
  });

  it('refuses unordered, unknown, changed, too small or missing parts, and can be retried', async () => {
    const target = await create('refused', WITH_CHECKSUMS);
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
    const targets = await Promise.all(Array.from({ length: 8 }, () => create('raced', WITH_CHECKSUMS)));
    const parts = await Promise.all(targets.map((target, index) => part(target, 1, Buffer.from(`upload ${index}`))));
    const results = await Promise.allSettled([
      ...targets.map((target, index) => complete(target, [parts[index] as CompletedPart], { IfNoneMatch: '*' })),
      here().send(new PutObjectCommand({ Bucket: here().bucket, Key: 'raced', Body: 'put', IfNoneMatch: '*' })),
    ]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    expect(new Set(reasons.map((reason) => reason.name))).toEqual(new Set(['PreconditionFailed']));
    const { Uploads = [] } = await here().send(
      new ListMultipartUploadsCommand({ Bucket: here().bucket, Prefix: 'raced' }),
    );
    expect(Uploads.length).toBeGreaterThanOrEqual(7);
    for (const target of Uploads) {
      await here().send(
        new AbortMultipartUploadCommand({ Bucket: here().bucket, Key: 'raced', UploadId: target.UploadId }),
      );
    }
  });

  it('may expect the ETag of the object that it overwrites', async () => {
    const { ETag } = await here().send(new PutObjectCommand({ Bucket: here().bucket, Key: 'over', Body: 'old' }));
    const target = await create('over', WITH_CHECKSUMS);
    const parts = [await part(target, 1, Buffer.from('new'))];
    const refused = await errorOf(complete(target, parts, { IfMatch: '"other"' }));
    expect(refused).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    await complete(target, parts, { IfMatch: ETag });
    expect((await read('over')).toString()).toBe('new');
  });
});

describe('Checksums of parts', () => {
  it('give the checksum of the whole on request', async () => {
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
    const got = await here().send(
      new GetObjectCommand({ Bucket: here().bucket, Key: 'full', ChecksumMode: 'ENABLED' }),
    );
    expect(await got.Body?.transformToByteArray()).toHaveLength(5 * MIB + 7);
  });

  it("must have the upload's algorithm, and be named on completion", async () => {
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

  it('give a CRC-64/NVME of the whole by default', async () => {
    const target = await create('default');
    const parts = [await part(target, 1, large('a')), await part(target, 2, Buffer.from('the end'))];
    const listed = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    const { ChecksumCRC64NVME, ChecksumType } = await complete(target, listed);
    const whole = { Bucket: here().bucket, Key: 'at once', Body: Buffer.concat([large('a'), Buffer.from('the end')]) };
    const put = await here().send(new PutObjectCommand({ ...whole, ChecksumAlgorithm: 'CRC64NVME' }));
    expect({ ChecksumCRC64NVME, ChecksumType }).toEqual({
      ChecksumCRC64NVME: put.ChecksumCRC64NVME,
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it.each([
    ['SHA1', 'FULL_OBJECT'],
    ['CRC64NVME', 'COMPOSITE'],
  ] as const)('%s is never %s', async (ChecksumAlgorithm, ChecksumType) => {
    const refused = await errorOf(create('never', { ChecksumAlgorithm, ChecksumType }));
    expect(refused).toMatchObject({ code: 'InvalidRequest', status: 400 });
  });
});

describe('Unfinished uploads', () => {
  it('show no object, list their parts in pages, and are gone when aborted', async () => {
    const target = await create('aborted');
    for (const number of [3, 1, 2]) await part(target, number, Buffer.from('x'.repeat(number)));
    expect(await errorOf(read('aborted'))).toMatchObject({ code: 'NoSuchKey' });
    const first = await here().send(new ListPartsCommand({ ...target, MaxParts: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1 }, { PartNumber: 2, Size: 2 }] });
    const marker = { PartNumberMarker: first.NextPartNumberMarker };
    const rest = await here().send(new ListPartsCommand({ ...target, ...marker }));
    expect(rest).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3, Size: 3 }] });
    await here().send(new AbortMultipartUploadCommand(target));
    for (const command of [new AbortMultipartUploadCommand(target), new ListPartsCommand(target)]) {
      const refused = await errorOf(here().send(command));
      expect(refused).toMatchObject({ code: 'NoSuchUpload', status: 404 });
    }
    expect(await errorOf(part(target, 1, Buffer.from('x')))).toMatchObject({ code: 'NoSuchUpload' });
  });

  it('are listed by key and age, in pages and by common prefix', async () => {
    const targets: Target[] = [];
    for (const Key of ['up/b', 'up/a', 'up/a', 'up/c/1', 'up/c/2']) targets.push(await create(Key));
    const query = { Bucket: here().bucket, Prefix: 'up/' };
    const seen: (string | undefined)[] = [];
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    let isTruncated: boolean | undefined;
    do {
      const page = await here().send(new ListMultipartUploadsCommand({ ...query, MaxUploads: 2, ...markers }));
      seen.push(...(page.Uploads ?? []).map((upload) => upload.UploadId));
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      isTruncated = page.IsTruncated;
    } while (isTruncated);
    expect(seen).toHaveLength(5);
    expect(seen.slice(2)).toEqual([0, 3, 4].map((index) => targets[index]?.UploadId));
    const grouped = await here().send(new ListMultipartUploadsCommand({ ...query, Delimiter: '/' }));
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

describe('Parts copied from objects', () => {
  it('a part may be copied from a range of an object', async () => {
    await here().send(
      new PutObjectCommand({ Bucket: here().bucket, Key: 'of parts', Body: Buffer.concat([large('x'), large('y')]) }),
    );
    const target = await create('from parts', { ChecksumAlgorithm: 'CRC32' });
    const copy = async (PartNumber: number, CopySourceRange: string): Promise<CompletedPart> => {
      const source = { CopySource: `${here().bucket}/of%20parts`, CopySourceRange };
      const { CopyPartResult } = await here().send(new UploadPartCopyCommand({ ...target, PartNumber, ...source }));
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
      CopySource: `${here().bucket}/of%20parts`,
      CopySourceRange: `bytes=0-${10 * MIB}`,
    });
    expect(await errorOf(here().send(beyond))).toMatchObject({ code: 'InvalidArgument', status: 400 });
  });
});
