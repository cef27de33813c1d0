/** The parts of answers that GetObject and HeadObject share, and the headers that writes answer with. */
import { definedFields } from '../defined-fields.js';
import type { S3State } from './action.js';
import type { StoredObject } from './buckets.js';
import { checksumElement, checksumHeader, type Checksum } from './checksums.js';
import { S3Error, invalidRequest } from './errors.js';
import { ENCRYPTED, readOverrides } from './object-headers.js';
import { checkRead } from './preconditions.js';
import { parseRange, type ByteRange } from './range.js';
import type { S3Request } from './request.js';
import { readPartNumber } from './upload-parameters.js';
import { leaf } from './xml.js';

export interface ObjectReply {
  readonly object: StoredObject;
  readonly range: ByteRange;
  readonly status: 200 | 206;
  readonly headers: Readonly<Record<string, string>>;
}

/** The part of an object that was requested. */
interface Piece {
  /** Undefined if it is the whole object. */
  readonly range: ByteRange | undefined;
  /**
   * The checksum of the part or of the whole object. A range has none, because clients would compare its bytes with
   * the whole object's checksum.
   */
  readonly checksum: Checksum | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export function replyWithObject(state: S3State, request: S3Request): ObjectReply {
  const object = state.buckets.get(request.bucket).object(request.key);
  checkRead(request.headers, object);
  const { size } = object.body;
  const { range, checksum, headers } = choosePiece(object, request);
  const wantsChecksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  return {
    object,
    range: range ?? { start: 0, end: size },
    status: range === undefined ? 200 : 206,
    headers: {
      ...object.headers,
      ...readOverrides(request.query),
      ...ENCRYPTED,
      etag: object.etag,
      'last-modified': new Date(object.lastModifiedMs).toUTCString(),
      'accept-ranges': 'bytes',
      ...(wantsChecksum && checksumHeaders(checksum)),
      ...(object.tags.size > 0 && { 'x-amz-tagging-count': String(object.tags.size) }),
      ...(range !== undefined && { 'content-range': `bytes ${range.start}-${range.end - 1}/${size}` }),
      ...headers,
    },
  };
}

function choosePiece(object: StoredObject, request: S3Request): Piece {
  if (request.query.has('partNumber')) return choosePart(object, request);
  const range = parseRange(request.headers.get('range'), object.body.size);
  return { range, checksum: range === undefined ? object.checksum : undefined, headers: {} };
}

/** An object that was not uploaded in parts is its own first part. */
function choosePart(object: StoredObject, request: S3Request): Piece {
  if (request.headers.has('range')) {
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter');
  }
  const number = readPartNumber(request.query);
  const parts = object.parts ?? [{ number: 1, size: object.body.size, checksum: object.checksum }];
  let start = 0;
  for (const part of parts) {
    if (part.number === number) {
      return {
        // An empty part has no range.
        range: part.size === 0 ? undefined : { start, end: start + part.size },
        checksum: part.checksum,
        headers: definedFields({ 'x-amz-mp-parts-count': object.parts && String(parts.length) }),
      };
    }
    start += part.size;
  }
  throw new S3Error(416, 'InvalidPartNumber', 'The requested partnumber is not satisfiable', {
    ActualPartCount: String(parts.length),
    PartNumberRequested: String(number),
  });
}

/** Returns the headers that answer a put of an object or a part. */
export const writtenHeaders = (etag: string, checksum: Checksum): Record<string, string> => ({
  etag,
  ...ENCRYPTED,
  ...checksumHeaders(checksum),
});

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export const checksumLeaves = (checksum: Checksum): readonly string[] => [
  leaf(checksumElement(checksum.algorithm), checksum.value),
  leaf('ChecksumType', checksum.type),
];
