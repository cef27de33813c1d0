/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
import type { Action } from '../action.js';
import type { Bucket } from '../buckets.js';
import { bodyAlgorithm } from '../body-expectations.js';
import { S3Error, invalidRequest, malformedXml, notImplemented } from '../errors.js';
import { receiveDocument } from '../receive.js';
import type { S3Headers } from '../request.js';
import { xmlResponse } from '../response.js';
import { childrenOf, leaf, parent, parseXml, textOf, xmlDocument, type XmlElement } from '../xml.js';

const MAX_KEYS_PER_CALL = 1000;
/**
 * Each object has at most five elements. One more key is allowed here, so that an oversized list is refused for its
 * number of keys.
 */
const MAX_TAGS = (MAX_KEYS_PER_CALL + 1) * 2 * 6;

export const deleteObjects: Action = async (state, request) => {
  requireDigest(request.headers);
  const list = parseXml(await receiveDocument(request, 'DeleteObjects'), 'Delete', MAX_TAGS);
  const objects = childrenOf(list, 'Object');
  if (objects.length === 0 || objects.length > MAX_KEYS_PER_CALL) throw malformedXml();
  const isQuiet = textOf(list, 'Quiet')?.trim() === 'true';
  const bucket = state.buckets.get(request.bucket);
  const results = objects.map((object) => deleteOne(bucket, object, isQuiet));
  return xmlResponse(xmlDocument('DeleteResult', results));
};

function deleteOne(bucket: Bucket, object: XmlElement, isQuiet: boolean): string {
  const key = textOf(object, 'Key');
  const versionId = textOf(object, 'VersionId');
  if (key === undefined || key === '') throw malformedXml();
  try {
    if (versionId !== undefined && versionId !== 'null') throw noSuchVersion();
    if (['LastModifiedTime', 'Size'].some((name) => textOf(object, name) !== undefined)) throw notOfDirectory();
    bucket.remove(key, textOf(object, 'ETag'));
    return isQuiet ? '' : parent('Deleted', [leaf('Key', key), leaf('VersionId', versionId)]);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const fields = { Key: key, VersionId: versionId, Code: error.code, Message: error.message };
    return parent(
      'Error',
      Object.entries(fields).map(([name, value]) => leaf(name, value)),
    );
  }
}

const noSuchVersion = (): S3Error => new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.');

/** Ignoring a condition would delete objects that it protects. */
const notOfDirectory = (): S3Error =>
  notImplemented('Conditions on the time and size of an object are for directory buckets only.');

/** Without a digest, a body that was damaged on its way could delete other keys. */
function requireDigest(headers: S3Headers): void {
  if (headers.has('content-md5') || bodyAlgorithm(headers) !== undefined) return;
  throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
}
