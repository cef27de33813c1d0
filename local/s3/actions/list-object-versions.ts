/**
 * Every object has one version, the latest, as in a bucket that never had versions. So a listing of versions is a
 * listing of keys. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
import type { Action } from '../action.js';
import { invalidArgument } from '../errors.js';
import { readCount, readEncoding } from '../list-parameters.js';
import { listedCommonPrefix, listedFields } from '../listed.js';
import { listPage, markerPosition } from '../listing.js';
import { xmlResponse } from '../response.js';
import { leaf, parent, xmlDocument } from '../xml.js';

export const listObjectVersions: Action = async (state, { bucket: name, query }) => {
  const bucket = state.buckets.get(name);
  const encode = readEncoding(query);
  const maxKeys = readCount(query, 'max-keys');
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('version-id-marker') ?? ''];
  if (idMarker !== '' && keyMarker === '') {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      idMarker,
    );
  }
  const page = listPage(bucket.objects, {
    prefix,
    delimiter,
    after: markerPosition(keyMarker, prefix, delimiter),
    maxKeys,
  });
  return xmlResponse(
    xmlDocument('ListVersionsResult', [
      leaf('Name', name),
      leaf('Prefix', encode(prefix)),
      leaf('KeyMarker', encode(keyMarker)),
      leaf('VersionIdMarker', idMarker),
      leaf('NextKeyMarker', page.next === undefined ? undefined : encode(page.next.value)),
      leaf('NextVersionIdMarker', page.next?.kind === 'key' ? 'null' : undefined),
      leaf('MaxKeys', maxKeys),
      leaf('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('IsTruncated', page.next !== undefined),
      ...page.entries.map(([key, object]) =>
        parent('Version', [leaf('VersionId', 'null'), leaf('IsLatest', true), listedFields(encode(key), object, true)]),
      ),
      ...page.commonPrefixes.map((common) => listedCommonPrefix(encode(common))),
    ]),
  );
};
