// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html · API_ListObjectVersions.html
import {
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';
import { listingOf } from '../../support/listing-model.js';

const target = conformanceBucket();
describe('Listings', () => {
  const keys = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'b-\ue000', 'b-😀', 'c/1', 'd d/+', 'z'];
  beforeAll(async () => {
    for (const Key of keys) await target().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body: Key }));
  });

  it("return the model's pages, by tokens alone", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', 'a', 'a/', 'b', 'x'),
        fc.constantFrom('', '/', '-'),
        fc.constantFrom(undefined, 'a/1', 'a/zzz', 'b'),
        fc.integer({ min: 1, max: 5 }),
        async (prefix, delimiter, startAfter, maxKeys) => {
          const query = { Bucket: target().bucket, Prefix: prefix, Delimiter: delimiter, StartAfter: startAfter };
          const seen: string[] = [];
          for await (const page of paginateListObjectsV2({ client: target().s3, pageSize: maxKeys }, query)) {
            const shown = [...(page.Contents ?? []), ...(page.CommonPrefixes ?? [])].length;
            expect(page.KeyCount).toBe(shown);
            seen.push(...(page.Contents ?? []).map(({ Key }) => `key ${Key}`));
            seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `prefix ${Prefix}`));
          }
          const expected = listingOf(keys, { prefix, delimiter, startAfter, maxKeys });
          expect([...seen].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 40 },
    );
  });

  it("repeat the request's parameters and return the matches", async () => {
    const listed = await target().send(
      new ListObjectsV2Command({
        Bucket: target().bucket,
        Prefix: 'b',
        MaxKeys: 1,
        EncodingType: 'url',
        FetchOwner: true,
      }),
    );
    expect(listed).toMatchObject({ Name: target().bucket, Prefix: 'b', MaxKeys: 1, KeyCount: 1, IsTruncated: true });
    expect(listed.Contents).toMatchObject([
      { Key: 'b', Size: 1, StorageClass: 'STANDARD', ChecksumAlgorithm: ['CRC32'] },
    ]);
    expect(listed.Contents?.[0]?.Owner?.ID).toBeDefined();
    expect(listed.Contents?.[0]?.LastModified).toBeInstanceOf(Date);
    expect(listed.NextContinuationToken).toBeDefined();
  });

  it('encode names on request', async () => {
    const query = { Bucket: target().bucket, EncodingType: 'url', Prefix: 'd d', Delimiter: '+' } as const;
    const listed = await target().send(new ListObjectsV2Command(query));
    expect(listed).toMatchObject({ Prefix: 'd+d', Delimiter: '%2B', CommonPrefixes: [{ Prefix: 'd+d/%2B' }] });
  });

  it('return nothing, and no next page, for a page of no keys', async () => {
    const listed = await target().send(new ListObjectsV2Command({ Bucket: target().bucket, MaxKeys: 0 }));
    expect(listed).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it('refuse invalid tokens, counts and encodings', async () => {
    for (const wrong of [{ ContinuationToken: 'x' }, { MaxKeys: -1 }, { EncodingType: 'base64' as 'url' }]) {
      const refused = await errorOf(target().send(new ListObjectsV2Command({ Bucket: target().bucket, ...wrong })));
      expect(refused).toMatchObject({ code: 'InvalidArgument', status: 400 });
    }
  });

  it('have a first version, which continues from markers', async () => {
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const query = { Bucket: target().bucket, Delimiter: '/', MaxKeys: 2, Marker };
      const page = await target().send(new ListObjectsCommand(query));
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key), ...(page.CommonPrefixes ?? []).map((c) => c.Prefix));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(seen).toEqual(['a', 'a/', 'b', 'b-\ue000', 'b-😀', 'c/', 'z', 'd d/']);
  });

  it('of versions show the only version of each key', async () => {
    const seen: (string | undefined)[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    do {
      const query = { Bucket: target().bucket, MaxKeys: 4, KeyMarker, VersionIdMarker };
      const page = await target().send(new ListObjectVersionsCommand(query));
      for (const version of page.Versions ?? []) expect(version).toMatchObject({ VersionId: 'null', IsLatest: true });
      seen.push(...(page.Versions ?? []).map(({ Key }) => Key));
      KeyMarker = page.NextKeyMarker;
      VersionIdMarker = page.NextVersionIdMarker;
    } while (KeyMarker !== undefined);
    expect(seen).toEqual(keys);
  });

  it('show times in whole seconds', async () => {
    const { Contents = [] } = await target().send(new ListObjectsV2Command({ Bucket: target().bucket }));
    expect(Contents.map(({ LastModified }) => LastModified?.getMilliseconds())).toEqual(keys.map(() => 0));
  });
});
