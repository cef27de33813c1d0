import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKET, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

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

async function listAll(): Promise<string[]> {
  const { Contents = [] } = await cloud.client.send(new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url' }));
  return Contents.map((object) => decodeUrl(object.Key));
}

async function roundTrip(Key: string): Promise<void> {
  const object = { Bucket: BUCKET, Key };
  await cloud.client.send(new PutObjectCommand({ ...object, Body: `body of ${Key}` }));
  const got = await cloud.client.send(new GetObjectCommand(object));
  expect(await got.Body?.transformToString()).toBe(`body of ${Key}`);
  await cloud.client.send(new HeadObjectCommand(object));
  expect(await listAll()).toEqual([Key]);
}

it.each(AWKWARD)('the key %j goes round put, get, head, list and both deletes', async (Key) => {
  await roundTrip(Key);
  await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
  expect(await listAll()).toEqual([]);
  await roundTrip(Key);
  await cloud.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key }] } }));
  expect(await listAll()).toEqual([]);
});

it('any key goes round put, get, head, list and delete', async () => {
  await fc.assert(
    fc.asyncProperty(keys, async (Key) => {
      await roundTrip(Key);
      await cloud.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
      expect(await listAll()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

it('listings show keys as they are without an encoding', async () => {
  const plain = AWKWARD.filter((key) => key.trim() !== '');
  for (const Key of plain) await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  const { Contents = [] } = await cloud.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const inByteOrder = [...plain].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  expect(Contents.map((object) => object.Key)).toEqual(inByteOrder);
  const Objects = plain.map((Key) => ({ Key }));
  await cloud.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
});

it('no key becomes a path', async () => {
  for (const Key of ['../escaped', '/tmp/escaped', 'folder/escaped']) {
    await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  }
  const files = await readdir(cloud.directory, { withFileTypes: true });
  expect(files.every((file) => file.isFile() && /^[0-9a-f-]{36}$/.test(file.name))).toBe(true);
  expect(await readdir(path.dirname(cloud.directory))).not.toContain('escaped');
});
