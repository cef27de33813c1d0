/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
import type { Action } from '../action.js';
import { bodyAlgorithm } from '../body-expectations.js';
import type { Upload } from '../buckets.js';
import { DEFAULT_ALGORITHM, type ChecksumAlgorithm } from '../checksums.js';
import { invalidRequest } from '../errors.js';
import { etagOf } from '../etag.js';
import { writtenHeaders } from '../object-reply.js';
import { receiveBody } from '../receive.js';
import { readPartNumber, readUploadId } from '../upload-parameters.js';

export const uploadPart: Action = async (state, request) => {
  const number = readPartNumber(request.query);
  const uploadId = readUploadId(request.query);
  const { checksum: declared } = state.buckets.get(request.bucket).upload(uploadId, request.key);
  if (declared !== undefined) checkAlgorithm(declared, bodyAlgorithm(request.headers));
  const algorithm = declared?.algorithm ?? DEFAULT_ALGORITHM;
  const { body, md5, checksum, wanted } = await receiveBody(request, state.bodies, algorithm);
  try {
    // Bucket and upload are looked up again: the upload may have been completed or aborted while the body arrived.
    const bucket = state.buckets.get(request.bucket);
    const upload = bucket.upload(uploadId, request.key);
    bucket.putPart(upload, { number, body, md5, checksum, joined: wanted, lastModifiedMs: state.nowMs() });
  } catch (error) {
    body.release();
    throw error;
  }
  const { 'x-amz-checksum-type': _type, ...headers } = writtenHeaders(etagOf(md5), checksum);
  return { status: 200, headers };
};

/** The checksum of a part without one is computed here. For a composite checksum each part must bring its own. */
function checkAlgorithm(declared: NonNullable<Upload['checksum']>, given: ChecksumAlgorithm | undefined): void {
  if (given === declared.algorithm || (given === undefined && declared.type === 'FULL_OBJECT')) return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${declared.algorithm.toLowerCase()}, actual checksum Type: ${given?.toLowerCase() ?? 'null'}`,
  );
}
