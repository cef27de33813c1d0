/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
import { randomUUID } from 'node:crypto';
import type { Action } from '../action.js';
import type { Upload } from '../buckets.js';
import { defaultChecksumType, parseAlgorithm, requireSupportedType } from '../checksums.js';
import { invalidRequest } from '../errors.js';
import { checkKey, ENCRYPTED, readObjectHeaders } from '../object-headers.js';
import type { S3Headers } from '../request.js';
import { xmlResponse } from '../response.js';
import { readTagHeader } from '../tags.js';
import { leaf, xmlDocument } from '../xml.js';

export const createMultipartUpload: Action = async (state, request) => {
  const bucket = state.buckets.get(request.bucket);
  checkKey(request.key);
  const upload: Upload = {
    id: randomUUID(),
    key: request.key,
    initiatedMs: state.nowMs(),
    headers: readObjectHeaders(request.headers),
    tags: readTagHeader(request.headers.get('x-amz-tagging')),
    checksum: readChecksum(request.headers),
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  return xmlResponse(
    xmlDocument('InitiateMultipartUploadResult', [
      leaf('Bucket', request.bucket),
      leaf('Key', request.key),
      leaf('UploadId', upload.id),
    ]),
    {
      ...ENCRYPTED,
      ...(upload.checksum !== undefined && {
        'x-amz-checksum-algorithm': upload.checksum.algorithm,
        'x-amz-checksum-type': upload.checksum.type,
      }),
    },
  );
};

function readChecksum(headers: S3Headers): Upload['checksum'] {
  const name = headers.get('x-amz-checksum-algorithm');
  const type = headers.get('x-amz-checksum-type');
  if (name === undefined) {
    if (type === undefined) return undefined;
    throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.');
  }
  const algorithm = parseAlgorithm(name);
  return { algorithm, type: requireSupportedType(algorithm, type ?? defaultChecksumType(algorithm)) };
}
