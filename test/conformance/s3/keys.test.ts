// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';

const target = conformanceBucket();

const AWKWARD = [
  ' ',
  '  leading and trailing  ',
  'a+b c%20d%2Fe%',
  '../../etc/passwd',
  '..',
  '.',
  'a/../b',
  'a/./b',
  '/leading',
  '//',
  'a//b/',
  '../_local/state',
  'line\nbreak\r\nand\ttab',
  '\u0001\u007f\u0085\u2028\ufffe',
  '&<>"\'&amp;&#10;]]>',
  '?list-type=2&uploads#fragment',
  'naïve-日本語-😀-\ue000',
  'constructor',
  '__proto__',
  "!'()*~;,:@=$[]{}|\\^`",
  'x-id=GetObject',
  'a'.repeat(1024),
];

const keys = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc
    .array(fc.constantFrom('a', '/', '..', '.', '+', '%', ' ', '%2F', '\n', 'é', '😀', '?', '#', '&'), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
);

const decodeUrl = (name: string | undefined) => decodeURIComponent((name ?? '').replaceAll('+', ' '));

/** Whether the key is listed. Only this key is looked up, because a failed test may leave another one behind. */
async function isListed(Key: string): Promise<boolean> {
  const { Contents = [] } = await target().send(
    new ListObjectsV2Command({ Bucket: target().bucket, EncodingType: 'url', Prefix: Key }),
  );
  return Contents.some((object) => decodeUrl(object.Key) === Key);
}

async function roundTrip(Key: string): Promise<void> {
  const object = { Bucket: target().bucket, Key };
  await target().send(new PutObjectCommand({ ...object, Body: `body of ${Key}` }));
  const got = await target().send(new GetObjectCommand(object));
  expect(await got.Body?.transformToString()).toBe(`body of ${Key}`);
  await target().send(new HeadObjectCommand(object));
  expect(await isListed(Key)).toBe(true);
}

describe('Keys', () => {
  it.each(AWKWARD)('the key %j passes put, get, head, list and both deletes', async (Key) => {
    await roundTrip(Key);
    await target().send(new DeleteObjectCommand({ Bucket: target().bucket, Key }));
    expect(await isListed(Key)).toBe(false);
    await roundTrip(Key);
    await target().send(new DeleteObjectsCommand({ Bucket: target().bucket, Delete: { Objects: [{ Key }] } }));
    expect(await isListed(Key)).toBe(false);
  });

  it('any key passes put, get, head, list and delete', async () => {
    await fc.assert(
      fc.asyncProperty(keys, async (Key) => {
        await roundTrip(Key);
        await target().send(new DeleteObjectCommand({ Bucket: target().bucket, Key }));
        expect(await isListed(Key)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('listings without an encoding show keys unchanged', async () => {
    const plain = AWKWARD.filter((key) => key.trim() !== '');
    for (const Key of plain) await target().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body: 'x' }));
    const { Contents = [] } = await target().send(new ListObjectsV2Command({ Bucket: target().bucket }));
    const inByteOrder = [...plain].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    const listed = Contents.map((object) => object.Key ?? '').filter((key) => plain.includes(key));
    expect(listed).toEqual(inByteOrder);
    const Objects = plain.map((Key) => ({ Key }));
    await target().send(new DeleteObjectsCommand({ Bucket: target().bucket, Delete: { Objects } }));
  });
});
