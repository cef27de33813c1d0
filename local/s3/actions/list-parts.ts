/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
import { ACCOUNT_ID, type Action } from '../action.js';
import type { Part } from '../buckets.js';
import { checksumElement } from '../checksums.js';
import { etagOf } from '../etag.js';
import { parseMarker, readCount } from '../list-parameters.js';
import { xmlResponse } from '../response.js';
import { isoSeconds } from '../time.js';
import { readUploadId } from '../upload-parameters.js';
import { leaf, parent, xmlDocument } from '../xml.js';

export const listParts: Action = async (state, { bucket, key, query }) => {
  const upload = state.buckets.get(bucket).upload(readUploadId(query), key);
  const maxParts = readCount(query, 'max-parts');
  const marker = parseMarker('part-number-marker', query.get('part-number-marker'));
  const rest = [...upload.parts.values()]
    .filter((part) => part.number > marker)
    .sort((left, right) => left.number - right.number);
  const shown = rest.slice(0, maxParts);
  return xmlResponse(
    xmlDocument('ListPartsResult', [
      leaf('Bucket', bucket),
      leaf('Key', key),
      leaf('UploadId', upload.id),
      leaf('PartNumberMarker', marker),
      leaf('NextPartNumberMarker', shown.at(-1)?.number ?? marker),
      leaf('MaxParts', maxParts),
      leaf('IsTruncated', rest.length > shown.length),
      parent('Initiator', [leaf('ID', ACCOUNT_ID)]),
      parent('Owner', [leaf('ID', ACCOUNT_ID)]),
      leaf('StorageClass', upload.headers['x-amz-storage-class'] ?? 'STANDARD'),
      leaf('ChecksumAlgorithm', upload.checksum?.algorithm),
      leaf('ChecksumType', upload.checksum?.type),
      ...shown.map(listedPart),
    ]),
  );
};

const listedPart = (part: Part): string =>
  parent('Part', [
    leaf('PartNumber', part.number),
    leaf('LastModified', isoSeconds(part.lastModifiedMs)),
    leaf('ETag', etagOf(part.md5)),
    leaf('Size', part.body.size),
    leaf(checksumElement(part.checksum.algorithm), part.checksum.value),
  ]);
