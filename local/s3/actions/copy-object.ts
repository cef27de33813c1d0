/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
import type { Action } from '../action.js';
import type { Body } from '../body-store.js';
import type { StoredObject } from '../buckets.js';
import { parseAlgorithm, type ChecksumAlgorithm } from '../checksums.js';
import { digestBody, findCopySource, type CopySource } from '../copy-source.js';
import { invalidArgument, invalidRequest } from '../errors.js';
import { etagOf, isMultipartEtag } from '../etag.js';
import { checkKey, readObjectHeaders } from '../object-headers.js';
import { checksumLeaves } from '../object-reply.js';
import { MAX_PUT_BYTES } from '../receive.js';
import type { S3Request } from '../request.js';
import { xmlResponse } from '../response.js';
import { readTagHeader } from '../tags.js';
import { leaf, xmlDocument } from '../xml.js';

export const copyObject: Action = async (state, request) => {
  state.buckets.get(request.bucket);
  checkKey(request.key);
  const source = findCopySource(state, request);
  const described = describeCopy(request, source);
  const { size } = source.object.body;
  if (size > MAX_PUT_BYTES) {
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
    );
  }
  const body = source.object.body.slice(0, size);
  try {
    const digests = await copyDigests(source.object, body, request);
    const object = { ...described, ...digests, body, lastModifiedMs: state.nowMs() };
    state.buckets.get(request.bucket).publish(request.key, object, request.headers);
    return xmlResponse(
      xmlDocument('CopyObjectResult', [
        leaf('ETag', object.etag),
        leaf('LastModified', new Date(object.lastModifiedMs).toISOString()),
        ...checksumLeaves(object.checksum),
      ]),
    );
  } catch (error) {
    body.release();
    throw error;
  }
};

function describeCopy(request: S3Request, source: CopySource): Pick<StoredObject, 'headers' | 'tags'> {
  const replacesMetadata = readDirective(request, 'x-amz-metadata-directive') === 'REPLACE';
  const replacesTags = readDirective(request, 'x-amz-tagging-directive') === 'REPLACE';
  // Also refuses headers that are not served, when the metadata is copied.
  const headers = readObjectHeaders(request.headers);
  const storageClass = headers['x-amz-storage-class'];
  const isSame = source.bucket === request.bucket && source.key === request.key;
  if (isSame && !replacesMetadata && storageClass === undefined) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const { 'x-amz-storage-class': _storageClass, ...copied } = source.object.headers;
  return {
    headers: replacesMetadata
      ? headers
      : { ...copied, ...(storageClass !== undefined && { 'x-amz-storage-class': storageClass }) },
    tags: replacesTags ? readTagHeader(request.headers.get('x-amz-tagging')) : source.object.tags,
  };
}

function readDirective(request: S3Request, name: string): string {
  const value = request.headers.get(name) ?? 'COPY';
  if (value !== 'COPY' && value !== 'REPLACE') throw invalidArgument(`Unknown directive.`, name, value);
  return value;
}

/** A copy is one object, even of many parts: its ETag is an MD5 again and its checksum that of the whole. */
async function copyDigests(
  source: StoredObject,
  body: Body,
  request: S3Request,
): Promise<Pick<StoredObject, 'etag' | 'checksum'>> {
  const asked = request.headers.get('x-amz-checksum-algorithm');
  const algorithm: ChecksumAlgorithm | undefined =
    asked === undefined ? source.checksum?.algorithm : parseAlgorithm(asked);
  const { checksum, etag } = source;
  const isChecksumKnown = algorithm === checksum?.algorithm && checksum?.type !== 'COMPOSITE';
  if (isChecksumKnown && !isMultipartEtag(etag)) return { etag, checksum };
  const digests = await digestBody(body, algorithm, request.signal);
  return { etag: etagOf(digests.md5), checksum: digests.checksum };
}
