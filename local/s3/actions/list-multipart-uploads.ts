/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
import { ACCOUNT_ID, type Action } from '../action.js';
import type { Upload } from '../buckets.js';
import { compareKeys } from '../key-order.js';
import { readCount, readEncoding } from '../list-parameters.js';
import { listedCommonPrefix } from '../listed.js';
import { commonPrefixOf } from '../listing.js';
import { xmlResponse } from '../response.js';
import { isoSeconds } from '../time.js';
import { leaf, parent, xmlDocument } from '../xml.js';

/** Unfinished uploads are few, so they are sorted anew for each page. */
export const listMultipartUploads: Action = async (state, { bucket: name, query }) => {
  const bucket = state.buckets.get(name);
  const encode = readEncoding(query);
  const maxUploads = readCount(query, 'max-uploads');
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const rest = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .sort(inOrder)
    .filter(afterMarkers(bucket.uploads, keyMarker, idMarker));
  const shown: Upload[] = [];
  const commonPrefixes = new Set<string>();
  let last: Upload | undefined;
  let isTruncated = false;
  for (const upload of rest) {
    const common = commonPrefixOf(upload.key, prefix, delimiter);
    const isShown = common !== undefined && (commonPrefixes.has(common) || keyMarker.startsWith(common));
    if (!isShown && shown.length + commonPrefixes.size >= maxUploads) {
      isTruncated = true;
      break;
    }
    if (common === undefined) shown.push(upload);
    else if (!isShown) commonPrefixes.add(common);
    last = upload;
  }
  return xmlResponse(
    xmlDocument('ListMultipartUploadsResult', [
      leaf('Bucket', name),
      leaf('KeyMarker', encode(keyMarker)),
      leaf('UploadIdMarker', idMarker),
      leaf('NextKeyMarker', isTruncated && last !== undefined ? encode(last.key) : undefined),
      leaf('NextUploadIdMarker', isTruncated ? last?.id : undefined),
      leaf('Prefix', encode(prefix)),
      leaf('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('MaxUploads', maxUploads),
      leaf('IsTruncated', isTruncated),
      ...shown.map((upload) => listedUpload(upload, encode)),
      ...[...commonPrefixes].map((common) => listedCommonPrefix(encode(common))),
    ]),
  );
};

const inOrder = (left: Upload, right: Upload): number =>
  compareKeys(left.key, right.key) || left.initiatedMs - right.initiatedMs || compareKeys(left.id, right.id);

/** Without an upload id, a key marker skips all uploads of that key. */
function afterMarkers(
  uploads: ReadonlyMap<string, Upload>,
  keyMarker: string,
  idMarker: string,
): (upload: Upload) => boolean {
  const marked = uploads.get(idMarker);
  if (keyMarker === '') return () => true;
  return (upload) => {
    const order = compareKeys(upload.key, keyMarker);
    return order > 0 || (order === 0 && marked !== undefined && inOrder(upload, marked) > 0);
  };
}

const listedUpload = (upload: Upload, encode: (name: string) => string): string =>
  parent('Upload', [
    leaf('Key', encode(upload.key)),
    leaf('UploadId', upload.id),
    leaf('Initiated', isoSeconds(upload.initiatedMs)),
    parent('Initiator', [leaf('ID', ACCOUNT_ID)]),
    parent('Owner', [leaf('ID', ACCOUNT_ID)]),
    leaf('StorageClass', upload.headers['x-amz-storage-class'] ?? 'STANDARD'),
    leaf('ChecksumAlgorithm', upload.checksum?.algorithm),
    leaf('ChecksumType', upload.checksum?.type),
  ]);
