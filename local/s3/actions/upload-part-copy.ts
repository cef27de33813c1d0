/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
import type { Action } from '../action.js';
import { digestBody, findCopySource } from '../copy-source.js';
import { invalidArgument, invalidRequest } from '../errors.js';
import { etagOf } from '../etag.js';
import { checksumElement } from '../checksums.js';
import { ENCRYPTED } from '../object-headers.js';
import { parseCopyRange } from '../range.js';
import { MAX_PUT_BYTES } from '../receive.js';
import { xmlResponse } from '../response.js';
import { isoSeconds } from '../time.js';
import { readPartNumber, readUploadId } from '../upload-parameters.js';
import { leaf, xmlDocument } from '../xml.js';

export const uploadPartCopy: Action = async (state, request) => {
  const number = readPartNumber(request.query);
  const uploadId = readUploadId(request.query);
  const { checksum: wanted } = state.buckets.get(request.bucket).upload(uploadId, request.key);
  const { object } = findCopySource(state, request);
  const header = request.headers.get('x-amz-copy-source-range');
  const range = header === undefined ? { start: 0, end: object.body.size } : parseCopyRange(header, object.body.size);
  if (range === undefined) {
    throw invalidArgument(
      `The x-amz-copy-source-range value must be of the form bytes=first-last, within the source object of ${object.body.size} bytes`,
      'x-amz-copy-source-range',
      header ?? '',
    );
  }
  if (range.end - range.start > MAX_PUT_BYTES) {
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
    );
  }
  const body = object.body.slice(range.start, range.end);
  try {
    const { md5, checksum } = await digestBody(body, wanted?.algorithm, request.signal);
    const bucket = state.buckets.get(request.bucket);
    const part = { number, body, md5, checksum, joined: checksum, lastModifiedMs: state.nowMs() };
    bucket.putPart(bucket.upload(uploadId, request.key), part);
    return xmlResponse(
      xmlDocument('CopyPartResult', [
        leaf('ETag', etagOf(md5)),
        leaf('LastModified', isoSeconds(part.lastModifiedMs)),
        leaf(checksumElement(checksum.algorithm), checksum.value),
      ]),
      ENCRYPTED,
    );
  } catch (error) {
    body.release();
    throw error;
  }
};
