/** What GetObject and HeadObject answer alike. */
import type { S3State } from './action.js';
import type { StoredObject } from './buckets.js';
import { checksumElement, checksumHeader, type Checksum } from './checksums.js';
import { readOverrides } from './object-headers.js';
import { checkRead } from './preconditions.js';
import { parseRange, type ByteRange } from './range.js';
import type { S3Request } from './request.js';
import { leaf } from './xml.js';

export interface ObjectReply {
  readonly object: StoredObject;
  readonly range: ByteRange;
  readonly status: 200 | 206;
  readonly headers: Readonly<Record<string, string>>;
}

export function replyWithObject(state: S3State, request: S3Request): ObjectReply {
  const object = state.buckets.get(request.bucket).object(request.key);
  checkRead(request.headers, object);
  const { size } = object.body;
  const partial = parseRange(request.headers.get('range'), size);
  const range = partial ?? { start: 0, end: size };
  // The checksum is that of the whole object; given with a range, clients would compare it with the range.
  const wantsChecksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const checksum = wantsChecksum && partial === undefined ? object.checksum : undefined;
  return {
    object,
    range,
    status: partial === undefined ? 200 : 206,
    headers: {
      ...object.headers,
      ...readOverrides(request.query),
      etag: object.etag,
      'last-modified': new Date(object.lastModifiedMs).toUTCString(),
      'accept-ranges': 'bytes',
      ...checksumHeaders(checksum),
      ...(object.tags.size > 0 && { 'x-amz-tagging-count': String(object.tags.size) }),
      ...(partial !== undefined && { 'content-range': `bytes ${partial.start}-${partial.end - 1}/${size}` }),
    },
  };
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export const checksumLeaves = (checksum: Checksum | undefined): readonly string[] =>
  checksum === undefined
    ? []
    : [leaf(checksumElement(checksum.algorithm), checksum.value), leaf('ChecksumType', checksum.type)];
