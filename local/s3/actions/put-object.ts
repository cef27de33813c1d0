/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
import type { Action } from '../action.js';
import { etagOf } from '../etag.js';
import { checkKey, readObjectHeaders } from '../object-headers.js';
import { checksumHeaders } from '../object-reply.js';
import { receiveToDisk } from '../receive.js';
import { readTagHeader } from '../tags.js';

export const putObject: Action = async (state, request) => {
  state.buckets.get(request.bucket);
  checkKey(request.key);
  const headers = readObjectHeaders(request.headers);
  const tags = readTagHeader(request.headers.get('x-amz-tagging'));
  const { body, md5, checksum } = await receiveToDisk(request, state.bodies);
  const etag = etagOf(md5);
  try {
    // Asked for again: the bucket may have gone while the body came.
    state.buckets
      .get(request.bucket)
      .publish(request.key, { body, etag, lastModifiedMs: state.nowMs(), headers, checksum, tags }, request.headers);
  } catch (error) {
    body.release();
    throw error;
  }
  return { status: 200, headers: { etag, ...checksumHeaders(checksum) } };
};
