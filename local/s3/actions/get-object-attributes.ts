/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
import type { Action } from '../action.js';
import type { PartRecord, StoredObject } from '../buckets.js';
import { checksumElement } from '../checksums.js';
import { invalidArgument } from '../errors.js';
import { parseCount, parseMarker } from '../list-parameters.js';
import { checksumLeaves } from '../object-reply.js';
import { unquote } from '../preconditions.js';
import type { S3Headers } from '../request.js';
import { xmlResponse } from '../response.js';
import { leaf, parent, xmlDocument } from '../xml.js';

const HEADER = 'x-amz-object-attributes';

type Show = (object: StoredObject, headers: S3Headers) => string;

const ATTRIBUTES: Readonly<Record<string, Show>> = {
  ETag: (object) => leaf('ETag', unquote(object.etag)),
  Checksum: (object) => parent('Checksum', checksumLeaves(object.checksum)),
  ObjectParts: (object, headers) => (object.parts === undefined ? '' : shownParts(object, object.parts, headers)),
  StorageClass: (object) => leaf('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD'),
  ObjectSize: (object) => leaf('ObjectSize', object.body.size),
};

export const getObjectAttributes: Action = async (state, { bucket, key, headers }) => {
  const object = state.buckets.get(bucket).object(key);
  const asked = (headers.get(HEADER) ?? '').split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !Object.hasOwn(ATTRIBUTES, name));
  if (unknown !== undefined) throw invalidArgument('Invalid attribute name specified.', HEADER, unknown);
  const shown = Object.entries(ATTRIBUTES).flatMap(([name, show]) =>
    asked.includes(name) ? [show(object, headers)] : [],
  );
  return xmlResponse(xmlDocument('GetObjectAttributesResponse', shown), {
    'last-modified': new Date(object.lastModifiedMs).toUTCString(),
  });
};

/** S3 lists the parts only for a checksum that the sender requested; otherwise it gives their number alone. */
function shownParts(object: StoredObject, parts: readonly PartRecord[], headers: S3Headers): string {
  const count = leaf('PartsCount', parts.length);
  if (object.checksum.isDefault === true) return parent('ObjectParts', [count]);
  const maxParts = parseCount('x-amz-max-parts', headers.get('x-amz-max-parts'));
  const marker = parseMarker('x-amz-part-number-marker', headers.get('x-amz-part-number-marker'));
  const rest = parts.filter((part) => part.number > marker);
  const shown = rest.slice(0, maxParts);
  return parent('ObjectParts', [
    count,
    leaf('PartNumberMarker', marker),
    leaf('NextPartNumberMarker', shown.at(-1)?.number ?? marker),
    leaf('MaxParts', maxParts),
    leaf('IsTruncated', rest.length > shown.length),
    ...shown.map(({ number, size, checksum }) =>
      parent('Part', [
        leaf('PartNumber', number),
        leaf('Size', size),
        leaf(checksumElement(checksum.algorithm), checksum.value),
      ]),
    ),
  ]);
}
