/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
import type { Action } from '../action.js';
import type { Body } from '../body.js';
import type { StoredObject } from '../buckets.js';
import { parseAlgorithm } from '../checksums.js';
import { digestBody, findCopySource, type CopySource } from '../copy-source.js';
import { invalidArgument, invalidRequest } from '../errors.js';
import { etagOf, isMultipartEtag } from '../etag.js';
import { checkKey, ENCRYPTED, readObjectHeaders } from '../object-headers.js';
import { checksumLeaves } from '../object-reply.js';
import { MAX_PUT_BYTES } from '../receive.js';
import type { S3Request } from '../request.js';
import { xmlResponse } from '../response.js';
import { isoSeconds } from '../time.js';
import { readTagHeader } from '../tags.js';
import { leaf, xmlDocument } from '../xml.js';

export const copyObject: Action = async (state, request) => {
  const { conditionalWrites } = state.buckets.get(request.bucket);
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
    const object = await conditionalWrites.during(request.key, request.headers, async (watch) => {
      const digests = await copyDigests(source.object, body, request);
      const copy = { ...described, ...digests, body, lastModifiedMs: state.nowMs() };
      state.buckets.get(request.bucket).publish(request.key, copy, request.headers, watch);
      return copy;
    });
    return xmlResponse(
      xmlDocument('CopyObjectResult', [
        leaf('ETag', object.etag),
        leaf('LastModified', isoSeconds(object.lastModifiedMs)),
        ...checksumLeaves(object.checksum),
      ]),
      ENCRYPTED,
    );
  } catch (error) {
    body.release();
    throw error;
  }
};

function describeCopy(request: S3Request, source: CopySource): Pick<StoredObject, 'headers' | 'tags'> {
  const replacesMetadata = readDirective(request, 'x-amz-metadata-directive') === 'REPLACE';
  const replacesTags = readDirective(request, 'x-amz-tagging-directive') === 'REPLACE';
  // This also refuses headers that are not served, even when the metadata is copied.
  const headers = readObjectHeaders(request.headers);
  const isSame = source.bucket === request.bucket && source.key === request.key;
  const changes = ['x-amz-storage-class', 'x-amz-server-side-encryption', 'x-amz-website-redirect-location'];
  if (isSame && !replacesMetadata && !changes.some((name) => request.headers.has(name))) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  // These two are never copied: the request sets them, or the default applies.
  const ownNames = ['x-amz-storage-class', 'x-amz-website-redirect-location'];
  const isOwn = ([name]: readonly [string, string]): boolean => ownNames.includes(name);
  return {
    headers: replacesMetadata
      ? headers
      : Object.fromEntries([
          ...Object.entries(source.object.headers).filter((header) => !isOwn(header)),
          ...Object.entries(headers).filter(isOwn),
        ]),
    tags: replacesTags ? readTagHeader(request.headers.get('x-amz-tagging')) : source.object.tags,
  };
}

function readDirective(request: S3Request, name: string): string {
  const value = request.headers.get(name) ?? 'COPY';
  if (value !== 'COPY' && value !== 'REPLACE') throw invalidArgument(`Unknown directive.`, name, value);
  return value;
}

/** A copy is one object, even of many parts: its ETag is an MD5 again, and its checksum is of the whole object. */
async function copyDigests(
  source: StoredObject,
  body: Body,
  request: S3Request,
): Promise<Pick<StoredObject, 'etag' | 'checksum'>> {
  const asked = request.headers.get('x-amz-checksum-algorithm');
  const { checksum, etag } = source;
  const algorithm = asked === undefined ? checksum.algorithm : parseAlgorithm(asked);
  const isChecksumKnown = algorithm === checksum.algorithm && checksum.type !== 'COMPOSITE';
  if (isChecksumKnown && !isMultipartEtag(etag)) return { etag, checksum };
  const digests = await digestBody(body, algorithm, request.signal);
  return { etag: etagOf(digests.md5), checksum: digests.checksum };
}
