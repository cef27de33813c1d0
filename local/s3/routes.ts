/** Every operation that is served, with every parameter that it understands. */
import { abortMultipartUpload } from './actions/abort-multipart-upload.js';
import {
  CONFIGURATIONS,
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
} from './actions/bucket-configuration.js';
import { completeMultipartUpload } from './actions/complete-multipart-upload.js';
import { copyObject } from './actions/copy-object.js';
import { createBucket } from './actions/create-bucket.js';
import { createMultipartUpload } from './actions/create-multipart-upload.js';
import { deleteBucket } from './actions/delete-bucket.js';
import { deleteObjectTagging } from './actions/delete-object-tagging.js';
import { deleteObject } from './actions/delete-object.js';
import { deleteObjects } from './actions/delete-objects.js';
import { getAcl, putAcl } from './actions/acl.js';
import { getBucketLocation } from './actions/get-bucket-location.js';
import { getObjectAttributes } from './actions/get-object-attributes.js';
import { getObjectTagging } from './actions/get-object-tagging.js';
import { getObject } from './actions/get-object.js';
import { headBucket } from './actions/head-bucket.js';
import { headObject } from './actions/head-object.js';
import { listBuckets } from './actions/list-buckets.js';
import { listMultipartUploads } from './actions/list-multipart-uploads.js';
import { listObjectVersions } from './actions/list-object-versions.js';
import { listObjectsV2 } from './actions/list-objects-v2.js';
import { listObjects } from './actions/list-objects.js';
import { listParts } from './actions/list-parts.js';
import { putObjectTagging } from './actions/put-object-tagging.js';
import { putObject } from './actions/put-object.js';
import { uploadPartCopy } from './actions/upload-part-copy.js';
import { uploadPart } from './actions/upload-part.js';
import type { Action } from './action.js';
import { CONTENT_HEADERS } from './object-headers.js';
import type { Route } from './router.js';

const READING = [...CONTENT_HEADERS.map((name) => `response-${name}`), 'partNumber', 'versionId'];
const PAGING = ['prefix', 'delimiter', 'encoding-type'];
const isCopy = { name: 'x-amz-copy-source', present: true };
const isNoCopy = { name: 'x-amz-copy-source', present: false };

type Further = Pick<Route, 'allows' | 'header'> & { readonly requires?: readonly string[] };

/** A required parameter is `name`, with any value, or `name=value`. */
function route(
  method: Route['method'],
  target: Route['target'],
  operation: string,
  action: Action,
  { requires = [], ...further }: Further = {},
): Route {
  const required = requires.map((text): [string, string | undefined] => {
    const [name = '', value] = text.split('=');
    return [name, value];
  });
  return { method, target, operation, action, ...further, requires: Object.fromEntries(required) };
}

export const ROUTES: readonly Route[] = [
  route('GET', 'service', 'ListBuckets', listBuckets, {
    allows: ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'],
  }),

  route('PUT', 'bucket', 'CreateBucket', createBucket),
  route('HEAD', 'bucket', 'HeadBucket', headBucket),
  route('DELETE', 'bucket', 'DeleteBucket', deleteBucket),
  route('GET', 'bucket', 'GetBucketLocation', getBucketLocation, { requires: ['location'] }),
  route('GET', 'bucket', 'ListObjects', listObjects, { allows: [...PAGING, 'marker', 'max-keys'] }),
  route('GET', 'bucket', 'ListObjectsV2', listObjectsV2, {
    requires: ['list-type=2'],
    allows: [...PAGING, 'start-after', 'continuation-token', 'max-keys', 'fetch-owner'],
  }),
  route('GET', 'bucket', 'ListObjectVersions', listObjectVersions, {
    requires: ['versions'],
    allows: [...PAGING, 'key-marker', 'version-id-marker', 'max-keys'],
  }),
  route('GET', 'bucket', 'ListMultipartUploads', listMultipartUploads, {
    requires: ['uploads'],
    allows: [...PAGING, 'key-marker', 'upload-id-marker', 'max-uploads'],
  }),
  route('POST', 'bucket', 'DeleteObjects', deleteObjects, { requires: ['delete'] }),
  route('GET', 'bucket', 'GetBucketAcl', getAcl, { requires: ['acl'] }),
  route('PUT', 'bucket', 'PutBucketAcl', putAcl, { requires: ['acl'] }),
  ...CONFIGURATIONS.flatMap((configuration): readonly Route[] => {
    const { subresource, name, deleteName = name, check, deletable } = configuration;
    const requires = [subresource];
    const read = route('GET', 'bucket', `Get${name}`, getConfiguration(configuration), { requires });
    if (check === undefined) return [read];
    const put = route('PUT', 'bucket', `Put${name}`, putConfiguration(configuration, check), { requires });
    const remove = route('DELETE', 'bucket', `Delete${deleteName}`, deleteConfiguration(configuration), { requires });
    return deletable === true ? [read, put, remove] : [read, put];
  }),

  route('GET', 'object', 'GetObject', getObject, { allows: READING }),
  route('HEAD', 'object', 'HeadObject', headObject, { allows: READING }),
  route('PUT', 'object', 'PutObject', putObject, { header: isNoCopy }),
  route('PUT', 'object', 'CopyObject', copyObject, { header: isCopy }),
  route('DELETE', 'object', 'DeleteObject', deleteObject, { allows: ['versionId'] }),
  route('GET', 'object', 'GetObjectAttributes', getObjectAttributes, {
    requires: ['attributes'],
    allows: ['versionId'],
  }),
  route('GET', 'object', 'GetObjectAcl', getAcl, { requires: ['acl'], allows: ['versionId'] }),
  route('PUT', 'object', 'PutObjectAcl', putAcl, { requires: ['acl'], allows: ['versionId'] }),
  route('GET', 'object', 'GetObjectTagging', getObjectTagging, { requires: ['tagging'], allows: ['versionId'] }),
  route('PUT', 'object', 'PutObjectTagging', putObjectTagging, { requires: ['tagging'], allows: ['versionId'] }),
  route('DELETE', 'object', 'DeleteObjectTagging', deleteObjectTagging, {
    requires: ['tagging'],
    allows: ['versionId'],
  }),

  route('POST', 'object', 'CreateMultipartUpload', createMultipartUpload, { requires: ['uploads'] }),
  route('PUT', 'object', 'UploadPart', uploadPart, { requires: ['uploadId', 'partNumber'], header: isNoCopy }),
  route('PUT', 'object', 'UploadPartCopy', uploadPartCopy, { requires: ['uploadId', 'partNumber'], header: isCopy }),
  route('POST', 'object', 'CompleteMultipartUpload', completeMultipartUpload, { requires: ['uploadId'] }),
  route('DELETE', 'object', 'AbortMultipartUpload', abortMultipartUpload, { requires: ['uploadId'] }),
  route('GET', 'object', 'ListParts', listParts, {
    requires: ['uploadId'],
    allows: ['max-parts', 'part-number-marker'],
  }),
];
