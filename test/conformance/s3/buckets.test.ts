// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html · bucketnamingrules.html · API_ListBuckets.html
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  paginateListBuckets,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { conformanceTarget, unique } from '../target.js';
import { removeBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const s3 = () => target().s3;

describe('Buckets', () => {
  it('are created, found with their region, located and deleted', async () => {
    const Bucket = unique('made');
    await s3().send(new CreateBucketCommand({ Bucket }));
    expect((await s3().send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1');
    const location = await s3().send(new GetBucketLocationCommand({ Bucket }));
    expect(location.LocationConstraint).toBeUndefined();
    await s3().send(new DeleteBucketCommand({ Bucket }));
    const gone = await errorOf(s3().send(new HeadBucketCommand({ Bucket })));
    expect(gone).toMatchObject({ code: 'NotFound', status: 404 });
  });

  it('are listed in order, by prefix and in pages', async () => {
    const prefix = unique('listed');
    const names = ['a', 'b', 'c'].map((letter) => `${prefix}-${letter}`);
    for (const Bucket of [...names].reverse()) await s3().send(new CreateBucketCommand({ Bucket }));
    const seen: (string | undefined)[][] = [];
    for await (const page of paginateListBuckets({ client: s3(), pageSize: 2 }, { Prefix: prefix })) {
      seen.push((page.Buckets ?? []).map((bucket) => bucket.Name));
    }
    expect(seen).toEqual([names.slice(0, 2), names.slice(2)]);
    const elsewhere = await s3().send(new ListBucketsCommand({ Prefix: prefix, BucketRegion: 'eu-north-1' }));
    expect(elsewhere.Buckets ?? []).toEqual([]);
    for (const MaxBuckets of [0, -1]) {
      expect(await errorOf(s3().send(new ListBucketsCommand({ MaxBuckets })))).toMatchObject({
        code: 'InvalidArgument',
        status: 400,
      });
    }
    for (const Bucket of names) await removeBucket(s3(), Bucket);
  });

  it('keep their region, and creating one again there says that it is owned already', async () => {
    const Bucket = unique('elsewhere');
    const create = () =>
      s3().send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
    await create();
    const { LocationConstraint } = await s3().send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint).toBe('eu-central-1');
    expect(await errorOf(create())).toMatchObject({ code: 'BucketAlreadyOwnedByYou', status: 409 });
    await s3().send(new DeleteBucketCommand({ Bucket }));
  });

  it('can be created again without an error only in the oldest region', async () => {
    const Bucket = unique('again');
    for (let time = 0; time < 2; time++) await s3().send(new CreateBucketCommand({ Bucket }));
    await s3().send(new DeleteBucketCommand({ Bucket }));
  });

  it('cannot be created in an invalid region', async () => {
    const configuration = { LocationConstraint: 'nowhere' as 'eu-central-1' };
    const create = new CreateBucketCommand({ Bucket: unique('nowhere'), CreateBucketConfiguration: configuration });
    expect(await errorOf(s3().send(create))).toMatchObject({ code: 'InvalidLocationConstraint', status: 400 });
  });

  it('cannot be deleted while they hold objects', async () => {
    const Bucket = unique('full');
    await s3().send(new CreateBucketCommand({ Bucket }));
    await s3().send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
    const refused = await errorOf(s3().send(new DeleteBucketCommand({ Bucket })));
    expect(refused).toMatchObject({ code: 'BucketNotEmpty', status: 409 });
    await removeBucket(s3(), Bucket);
  });

  it.each(['No_Such_Name', 'ab', `a${'b'.repeat(63)}`, 'a..b', '192.168.5.4', '-ab', 'ab-', 'xn--ab', 'ab-s3alias'])(
    'cannot have the name %s',
    async (Bucket) => {
      const invalid = await errorOf(s3().send(new CreateBucketCommand({ Bucket })));
      expect(invalid).toMatchObject({ code: 'InvalidBucketName', status: 400 });
    },
  );

  it('that do not exist are reported as missing by every operation', async () => {
    const missing = { Bucket: unique('missing'), Key: 'a' };
    const calls = [
      () => s3().send(new GetObjectCommand(missing)),
      () => s3().send(new PutObjectCommand({ ...missing, Body: 'x'.repeat(1_000_000) })),
      () => s3().send(new DeleteBucketCommand(missing)),
      () => s3().send(new GetBucketLocationCommand(missing)),
    ];
    for (const call of calls) expect(await errorOf(call())).toMatchObject({ code: 'NoSuchBucket', status: 404 });
  });

  it('are refused when the expected owner differs', async () => {
    const Bucket = unique('owned');
    await s3().send(new CreateBucketCommand({ Bucket }));
    const put = new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ExpectedBucketOwner: '999999999999' });
    expect(await errorOf(s3().send(put))).toMatchObject({ code: 'AccessDenied', status: 403 });
    await s3().send(new DeleteBucketCommand({ Bucket }));
  });
});
