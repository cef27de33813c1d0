/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
import type { Action } from '../action.js';
import type { Bucket } from '../buckets.js';
import { S3Error, malformedXml, notImplemented } from '../errors.js';
import { receiveDocument } from '../receive.js';
import { xmlResponse } from '../response.js';
import { childrenOf, leaf, parent, parseXml, textOf, xmlDocument, type XmlElement } from '../xml.js';

const MAX_KEYS_PER_CALL = 1000;

export const deleteObjects: Action = async (state, request) => {
  const list = parseXml(await receiveDocument(request), 'Delete');
  const objects = childrenOf(list, 'Object');
  if (objects.length === 0 || objects.length > MAX_KEYS_PER_CALL) throw malformedXml();
  const isQuiet = textOf(list, 'Quiet')?.trim() === 'true';
  const bucket = state.buckets.get(request.bucket);
  const results = objects.map((object) => deleteOne(bucket, object, isQuiet));
  return xmlResponse(xmlDocument('DeleteResult', results));
};

function deleteOne(bucket: Bucket, object: XmlElement, isQuiet: boolean): string {
  const key = textOf(object, 'Key');
  if (key === undefined || key === '') throw malformedXml();
  try {
    const versionId = textOf(object, 'VersionId') ?? 'null';
    if (versionId !== 'null') throw notImplemented('The local cloud keeps no versions of objects.');
    bucket.remove(key, textOf(object, 'ETag'));
    return isQuiet ? '' : parent('Deleted', [leaf('Key', key)]);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return parent('Error', [leaf('Key', key), leaf('Code', error.code), leaf('Message', error.message)]);
  }
}
