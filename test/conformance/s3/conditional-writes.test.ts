// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html · conditional-deletes.html
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceBucket();
const put = (Key: string, Body: string, more: object = {}) =>
  target().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body, ...more }));
const text = async (Key: string) =>
  (await target().send(new GetObjectCommand({ Bucket: target().bucket, Key }))).Body?.transformToString();

describe('Conditional writes', () => {
  it('a key is created once', async () => {
    await put('once', 'first', { IfNoneMatch: '*' });
    expect(await errorOf(put('once', 'second', { IfNoneMatch: '*' }))).toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(await text('once')).toBe('first');
    await target().send(new DeleteObjectCommand({ Bucket: target().bucket, Key: 'once' }));
    await put('once', 'third', { IfNoneMatch: '*' });
    expect(await text('once')).toBe('third');
  });

  it('If-Match overwrites only the version that was read', async () => {
    const { ETag } = await put('matched', 'one');
    await put('matched', 'two', { IfMatch: ETag });
    expect(await errorOf(put('matched', 'three', { IfMatch: ETag }))).toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(await errorOf(put('never-written', 'x', { IfMatch: ETag }))).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
    });
    expect(await text('matched')).toBe('two');
  });

  it('of many racing If-Match writes exactly one wins', async () => {
    const { ETag } = await put('counter', 'start');
    const results = await Promise.allSettled(
      Array.from({ length: 25 }, (_, index) => put('counter', `${index}`, { IfMatch: ETag })),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  it('If-None-Match accepts only the star', async () => {
    const refused = await errorOf(put('other', 'x', { IfNoneMatch: '"abc"' }));
    expect(refused).toMatchObject({ code: 'NotImplemented', status: 501 });
  });

  it('a copy creates a key once', async () => {
    await put('source', 'copied');
    const copy = () =>
      target().send(
        new CopyObjectCommand({
          Bucket: target().bucket,
          Key: 'copy',
          CopySource: `${target().bucket}/source`,
          IfNoneMatch: '*',
        }),
      );
    await copy();
    expect(await errorOf(copy())).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    expect(await text('copy')).toBe('copied');
  });

  it('a delete may have a condition too', async () => {
    const { ETag } = await put('guarded', 'x');
    const remove = (IfMatch: string) =>
      target().send(new DeleteObjectCommand({ Bucket: target().bucket, Key: 'guarded', IfMatch }));
    expect(await errorOf(remove('"other"'))).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    expect(await text('guarded')).toBe('x');
    await remove(ETag ?? '');
    expect(await errorOf(text('guarded'))).toMatchObject({ code: 'NoSuchKey' });
  });

  it('of many racing creations exactly one wins', async () => {
    const bodies = Array.from({ length: 25 }, (_, index) => `body ${index}`);
    const results = await Promise.allSettled(bodies.map((body) => put('raced', body, { IfNoneMatch: '*' })));
    const winners = bodies.filter((_, index) => results[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect(await text('raced')).toBe(winners[0]);
  });
});

describe('Conditional deletes', () => {
  const missing = (IfMatch: string) =>
    target().send(new DeleteObjectCommand({ Bucket: target().bucket, Key: 'never-written', IfMatch }));

  it('of missing objects fail', async () => {
    expect(await errorOf(missing('*'))).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    // The documentation says only that an ETag of a missing object does not match.
    const { status } = await errorOf(missing('"00000000000000000000000000000000"'));
    expect([404, 412]).toContain(status);
  });

  it('may be many in one call, each with its own answer', async () => {
    const { ETag } = await put('first', 'x');
    await put('second', 'x');
    const Objects = [
      { Key: 'first', ETag },
      { Key: 'second', ETag: '"00000000000000000000000000000000"' },
    ];
    const { Deleted, Errors } = await target().send(
      new DeleteObjectsCommand({ Bucket: target().bucket, Delete: { Objects } }),
    );
    expect(Deleted).toMatchObject([{ Key: 'first' }]);
    expect(Errors).toMatchObject([{ Key: 'second', Code: 'PreconditionFailed' }]);
    expect(await text('second')).toBe('x');
  });
});
