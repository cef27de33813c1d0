/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import type { Action } from '../action.js';
import { readCount, readEncoding } from '../list-parameters.js';
import { decodeToken, encodeToken, listPage, wrongToken, type Position } from '../listing.js';
import { listedCommonPrefix, listedObject } from '../listed.js';
import { xmlResponse } from '../response.js';
import { leaf, xmlDocument } from '../xml.js';

export const listObjectsV2: Action = async (state, { bucket: name, query }) => {
  const bucket = state.buckets.get(name);
  const encode = readEncoding(query);
  const maxKeys = readCount(query, 'max-keys');
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const startAfter = query.get('start-after');
  const token = query.get('continuation-token');
  const page = listPage(bucket.objects, { prefix, delimiter, after: readPosition(token, startAfter), maxKeys });
  const withOwner = query.get('fetch-owner') === 'true';
  return xmlResponse(
    xmlDocument('ListBucketResult', [
      leaf('Name', name),
      leaf('Prefix', encode(prefix)),
      leaf('StartAfter', startAfter === null ? undefined : encode(startAfter)),
      leaf('ContinuationToken', token ?? undefined),
      leaf('NextContinuationToken', page.next === undefined ? undefined : encodeToken(page.next)),
      leaf('KeyCount', page.entries.length + page.commonPrefixes.length),
      leaf('MaxKeys', maxKeys),
      leaf('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('IsTruncated', page.next !== undefined),
      ...page.entries.map(([key, object]) => listedObject(encode(key), object, withOwner)),
      ...page.commonPrefixes.map((common) => listedCommonPrefix(encode(common))),
    ]),
  );
};

function readPosition(token: string | null, startAfter: string | null): Position | undefined {
  if (token === null) return startAfter === null ? undefined : { kind: 'key', value: startAfter };
  const position = decodeToken(token);
  if (position === undefined) throw wrongToken(token);
  return position;
}
