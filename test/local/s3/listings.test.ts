import { ListObjectsCommand, ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderedMap } from '../../../local/s3/ordered-map.js';
import { decodeToken, encodeToken, listPage, type Position } from '../../../local/s3/listing.js';
import { BUCKET, errorOf, startS3, type S3Cloud } from './s3-cloud.js';

const byteOrder = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));

// Few letters, so that prefixes meet; U+E000 and an emoji, whose order as UTF-16 is not that of their bytes.
const letters = fc.constantFrom('a', 'b', '/', '\ue000', '😀', '-');
const words = (min: number, max: number) =>
  fc.array(letters, { minLength: min, maxLength: max }).map((parts) => parts.join(''));

interface Query {
  readonly prefix: string;
  readonly delimiter: string;
  readonly startAfter: string | undefined;
  readonly maxKeys: number;
}
const queries: fc.Arbitrary<Query> = fc.record({
  prefix: words(0, 2),
  delimiter: fc.oneof(fc.constant(''), fc.constant('/'), words(1, 2)),
  startAfter: fc.option(words(1, 4), { nil: undefined }),
  maxKeys: fc.integer({ min: 1, max: 6 }),
});

/** The whole listing as one would write it down: filter, sort, group. */
function modelOf(keys: readonly string[], { prefix, delimiter, startAfter }: Query): readonly string[] {
  const shown = keys
    .filter((key) => key.startsWith(prefix) && (startAfter === undefined || byteOrder(key, startAfter) > 0))
    .sort(byteOrder)
    .map((key) => {
      const found = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      return found === -1 ? `key ${key}` : `prefix ${key.slice(0, found + delimiter.length)}`;
    });
  return [...new Set(shown)];
}

describe('an ordered map', () => {
  it('walks in UTF-8 byte order from anywhere, whatever was set and deleted', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(words(0, 5), fc.boolean()), { maxLength: 300 }), words(0, 5), (steps, start) => {
        const map = new OrderedMap<number>();
        const model = new Map<string, number>();
        steps.forEach(([key, isSet], index) => {
          if (isSet) map.set(key, index);
          else expect(map.delete(key)).toBe(model.has(key));
          if (isSet) model.set(key, index);
          else model.delete(key);
        });
        const expected = [...model].sort(([left], [right]) => byteOrder(left, right));
        expect([...map.entriesFrom(() => true)]).toEqual(expected);
        expect([...map.entriesFrom((key) => byteOrder(key, start) >= 0)]).toEqual(
          expected.filter(([key]) => byteOrder(key, start) >= 0),
        );
        expect(map.size).toBe(model.size);
      }),
    );
  });

  it('holds its order over many blocks, filled from either end or in between, and emptied', () => {
    const map = new OrderedMap<number>();
    const name = (index: number) => String(index).padStart(6, '0');
    const total = 20_000;
    for (let index = 0; index < total; index++) map.set(name((index * 7919) % total), index);
    for (let index = 1; index <= 3_000; index++) map.set(`-${name(total - index)}`, index);
    const keys = [...map.entriesFrom(() => true)].map(([key]) => key);
    expect(keys).toHaveLength(total + 3_000);
    expect(keys).toEqual([...keys].sort());
    for (const key of keys) expect(map.delete(key)).toBe(true);
    expect([...map.entriesFrom(() => true)]).toEqual([]);
    map.set('again', 1);
    expect([...map.entriesFrom(() => true)]).toEqual([['again', 1]]);
  });
});

describe('pages', () => {
  it('put together are the whole listing, each as long as it may be', () => {
    fc.assert(
      fc.property(fc.uniqueArray(words(1, 5), { maxLength: 60 }), queries, (keys, query) => {
        const objects = new OrderedMap<string>();
        for (const key of keys) objects.set(key, key);
        const seen: string[] = [];
        let after: Position | undefined =
          query.startAfter === undefined ? undefined : { kind: 'key', value: query.startAfter };
        do {
          const page = listPage(objects, { ...query, after });
          const entries = page.entries.map(([key]) => ({ text: `key ${key}`, at: key }));
          const prefixes = page.commonPrefixes.map((prefix) => ({ text: `prefix ${prefix}`, at: prefix }));
          const shown = [...entries, ...prefixes].sort((left, right) => byteOrder(left.at, right.at));
          if (page.next !== undefined) expect(shown).toHaveLength(query.maxKeys);
          seen.push(...shown.map(({ text }) => text));
          after = page.next === undefined ? undefined : decodeToken(encodeToken(page.next));
        } while (after !== undefined);
        expect(seen).toEqual(modelOf(keys, query));
      }),
      { numRuns: 500 },
    );
  });
});

describe('ListObjectsV2', () => {
  let cloud: S3Cloud;
  const keys = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'b-\ue000', 'b-😀', 'c/1', 'd d/+', 'z'];
  beforeAll(async () => {
    cloud = await startS3();
    for (const Key of keys) await cloud.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
  });
  afterAll(() => cloud.close());

  it('pages as the model says, by tokens alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', 'a', 'a/', 'b', 'x'),
        fc.constantFrom('', '/', '-'),
        fc.constantFrom(undefined, 'a/1', 'a/zzz', 'b'),
        fc.integer({ min: 1, max: 5 }),
        async (prefix, delimiter, startAfter, maxKeys) => {
          const query = { Bucket: BUCKET, Prefix: prefix, Delimiter: delimiter, StartAfter: startAfter };
          const seen: string[] = [];
          for await (const page of paginateListObjectsV2({ client: cloud.client, pageSize: maxKeys }, query)) {
            const shown = [...(page.Contents ?? []), ...(page.CommonPrefixes ?? [])].length;
            expect(page.KeyCount).toBe(shown);
            seen.push(...(page.Contents ?? []).map(({ Key }) => `key ${Key}`));
            seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `prefix ${Prefix}`));
          }
          const expected = modelOf(keys, { prefix, delimiter, startAfter, maxKeys });
          expect([...seen].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 40 },
    );
  });

  it('tells what it was asked and what it found', async () => {
    const listed = await cloud.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'b', MaxKeys: 1, EncodingType: 'url', FetchOwner: true }),
    );
    expect(listed).toMatchObject({ Name: BUCKET, Prefix: 'b', MaxKeys: 1, KeyCount: 1, IsTruncated: true });
    expect(listed.Contents).toMatchObject([
      { Key: 'b', Size: 1, StorageClass: 'STANDARD', ChecksumAlgorithm: ['CRC32'] },
    ]);
    expect(listed.Contents?.[0]?.Owner?.ID).toBeDefined();
    expect(listed.Contents?.[0]?.LastModified).toBeInstanceOf(Date);
    expect(listed.NextContinuationToken).toBeDefined();
  });

  it('encodes names when asked', async () => {
    const query = { Bucket: BUCKET, EncodingType: 'url', Prefix: 'd d', Delimiter: '+' } as const;
    const listed = await cloud.client.send(new ListObjectsV2Command(query));
    expect(listed).toMatchObject({ Prefix: 'd+d', Delimiter: '%2B', CommonPrefixes: [{ Prefix: 'd+d/%2B' }] });
  });

  it('gives nothing, and nothing more, for no keys at all', async () => {
    const listed = await cloud.client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 0 }));
    expect(listed).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it('refuses tokens, counts and encodings that are none', async () => {
    for (const wrong of [{ ContinuationToken: 'x' }, { MaxKeys: -1 }, { EncodingType: 'base64' as 'url' }]) {
      const refused = await errorOf(cloud.client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...wrong })));
      expect(refused).toMatchObject({ code: 'InvalidArgument', status: 400 });
    }
  });

  it('has its first version, which goes on from markers', async () => {
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const query = { Bucket: BUCKET, Delimiter: '/', MaxKeys: 2, Marker };
      const page = await cloud.client.send(new ListObjectsCommand(query));
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key), ...(page.CommonPrefixes ?? []).map((c) => c.Prefix));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(seen).toEqual(['a', 'a/', 'b', 'b-\ue000', 'b-😀', 'c/', 'z', 'd d/']);
  });
});
