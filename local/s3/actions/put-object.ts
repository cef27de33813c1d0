/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
import type { Action } from '../action.js';
import { etagOf } from '../etag.js';
import { checkKey, readObjectHeaders } from '../object-headers.js';
import { writtenHeaders } from '../object-reply.js';
import { receiveBody } from '../receive.js';
import { readTagHeader } from '../tags.js';

export const putObject: Action = async (state, request) => {
  const { conditionalWrites } = state.buckets.get(request.bucket);
  checkKey(request.key);
  const headers = readObjectHeaders(request.headers);
  const tags = readTagHeader(request.headers.get('x-amz-tagging'));
  return conditionalWrites.during(request.key, request.headers, async (watch) => {
    const { body, md5, checksum } = await receiveBody(request, state.bodies, 'the one that comes');
    const etag = etagOf(md5);
    const object = { body, etag, lastModifiedMs: state.nowMs(), headers, checksum, tags };
    try {
      // The bucket is looked up again, because it may have been deleted while the body arrived.
      state.buckets.get(request.bucket).publish(request.key, object, request.headers, watch);
    } catch (error) {
      body.release();
      throw error;
    }
    return { status: 200, headers: writtenHeaders(etag, checksum) };
  });
};
