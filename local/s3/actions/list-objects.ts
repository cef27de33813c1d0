/**
 * The first version of listings, which boto3's resources still call.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
import type { Action } from '../action.js';
import { readCount, readEncoding } from '../list-parameters.js';
import { listedCommonPrefix, listedObject } from '../listed.js';
import { listPage, markerPosition } from '../listing.js';
import { xmlResponse } from '../response.js';
import { leaf, xmlDocument } from '../xml.js';

export const listObjects: Action = async (state, { bucket: name, query }) => {
  const bucket = state.buckets.get(name);
  const encode = readEncoding(query);
  const maxKeys = readCount(query, 'max-keys');
  const [prefix, delimiter, marker] = [
    query.get('prefix') ?? '',
    query.get('delimiter') ?? '',
    query.get('marker') ?? '',
  ];
  const after = markerPosition(marker, prefix, delimiter);
  const page = listPage(bucket.objects, { prefix, delimiter, after, maxKeys });
  // Without a delimiter, clients continue from the last key.
  const nextMarker = delimiter === '' ? undefined : page.next?.value;
  return xmlResponse(
    xmlDocument('ListBucketResult', [
      leaf('Name', name),
      leaf('Prefix', encode(prefix)),
      leaf('Marker', encode(marker)),
      leaf('NextMarker', nextMarker === undefined ? undefined : encode(nextMarker)),
      leaf('MaxKeys', maxKeys),
      leaf('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('IsTruncated', page.next !== undefined),
      ...page.entries.map(([key, object]) => listedObject(encode(key), object, true)),
      ...page.commonPrefixes.map((common) => listedCommonPrefix(encode(common))),
    ]),
  );
};
