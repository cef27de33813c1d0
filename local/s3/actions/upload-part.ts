/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
import type { Action } from '../action.js';
import { invalidRequest } from '../errors.js';
import { etagOf } from '../etag.js';
import { checksumHeaders } from '../object-reply.js';
import { receiveToDisk } from '../receive.js';
import { readPartNumber, readUploadId } from '../upload-parameters.js';

export const uploadPart: Action = async (state, request) => {
  const number = readPartNumber(request.query);
  const uploadId = readUploadId(request.query);
  const wanted = state.buckets.get(request.bucket).upload(uploadId, request.key).checksum?.algorithm;
  const { body, md5, checksum } = await receiveToDisk(request, state.bodies, wanted);
  try {
    if (wanted !== undefined && checksum?.algorithm !== wanted) {
      throw invalidRequest(
        `Checksum Type mismatch occurred, expected checksum Type: ${wanted.toLowerCase()}, actual checksum Type: ${checksum?.algorithm.toLowerCase() ?? 'null'}`,
      );
    }
    // Asked for again: the upload may have been completed or aborted while the body came.
    const bucket = state.buckets.get(request.bucket);
    const upload = bucket.upload(uploadId, request.key);
    bucket.putPart(upload, { number, body, md5, checksum, lastModifiedMs: state.nowMs() });
  } catch (error) {
    body.release();
    throw error;
  }
  const { 'x-amz-checksum-type': _type, ...checksums } = checksumHeaders(checksum);
  return { status: 200, headers: { etag: etagOf(md5), ...checksums } };
};
