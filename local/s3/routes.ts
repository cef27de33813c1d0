/** Every operation that is served. */
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
import { getBucketLocation } from './actions/get-bucket-location.js';
import { getObjectTagging } from './actions/get-object-tagging.js';
import { getObject } from './actions/get-object.js';
import { headBucket } from './actions/head-bucket.js';
import { headObject } from './actions/head-object.js';
import { listBuckets } from './actions/list-buckets.js';
import { listMultipartUploads } from './actions/list-multipart-uploads.js';
import { listObjectsV2 } from './actions/list-objects-v2.js';
import { listObjects } from './actions/list-objects.js';
import { listParts } from './actions/list-parts.js';
import { putObjectTagging } from './actions/put-object-tagging.js';
import { putObject } from './actions/put-object.js';
import { uploadPartCopy } from './actions/upload-part-copy.js';
import { uploadPart } from './actions/upload-part.js';
import type { Route } from './router.js';

const OVERRIDES = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];
const PAGING = ['prefix', 'delimiter', 'encoding-type'];
const isPresent = undefined;
const isCopy = { name: 'x-amz-copy-source', present: true };
const isNoCopy = { name: 'x-amz-copy-source', present: false };

export const ROUTES: readonly Route[] = [
  { method: 'GET', target: 'service', allows: ['prefix'], action: listBuckets },

  { method: 'PUT', target: 'bucket', action: createBucket },
  { method: 'HEAD', target: 'bucket', action: headBucket },
  { method: 'DELETE', target: 'bucket', action: deleteBucket },
  { method: 'GET', target: 'bucket', requires: { location: isPresent }, action: getBucketLocation },
  { method: 'GET', target: 'bucket', allows: [...PAGING, 'marker', 'max-keys'], action: listObjects },
  {
    method: 'GET',
    target: 'bucket',
    requires: { 'list-type': '2' },
    allows: [...PAGING, 'start-after', 'continuation-token', 'max-keys', 'fetch-owner'],
    action: listObjectsV2,
  },
  {
    method: 'GET',
    target: 'bucket',
    requires: { uploads: isPresent },
    allows: [...PAGING, 'key-marker', 'upload-id-marker', 'max-uploads'],
    action: listMultipartUploads,
  },
  { method: 'POST', target: 'bucket', requires: { delete: isPresent }, action: deleteObjects },
  ...CONFIGURATIONS.flatMap((configuration): readonly Route[] => {
    const requires = { [configuration.subresource]: isPresent };
    return [
      { method: 'GET', target: 'bucket', requires, action: getConfiguration(configuration) },
      { method: 'PUT', target: 'bucket', requires, action: putConfiguration(configuration) },
      ...(configuration.deletable
        ? [{ method: 'DELETE', target: 'bucket', requires, action: deleteConfiguration(configuration) } as const]
        : []),
    ];
  }),

  { method: 'GET', target: 'object', allows: OVERRIDES, action: getObject },
  { method: 'HEAD', target: 'object', allows: OVERRIDES, action: headObject },
  { method: 'PUT', target: 'object', header: isNoCopy, action: putObject },
  { method: 'PUT', target: 'object', header: isCopy, action: copyObject },
  { method: 'DELETE', target: 'object', action: deleteObject },
  { method: 'GET', target: 'object', requires: { tagging: isPresent }, action: getObjectTagging },
  { method: 'PUT', target: 'object', requires: { tagging: isPresent }, action: putObjectTagging },
  { method: 'DELETE', target: 'object', requires: { tagging: isPresent }, action: deleteObjectTagging },

  { method: 'POST', target: 'object', requires: { uploads: isPresent }, action: createMultipartUpload },
  {
    method: 'PUT',
    target: 'object',
    requires: { uploadId: isPresent, partNumber: isPresent },
    header: isNoCopy,
    action: uploadPart,
  },
  {
    method: 'PUT',
    target: 'object',
    requires: { uploadId: isPresent, partNumber: isPresent },
    header: isCopy,
    action: uploadPartCopy,
  },
  { method: 'POST', target: 'object', requires: { uploadId: isPresent }, action: completeMultipartUpload },
  { method: 'DELETE', target: 'object', requires: { uploadId: isPresent }, action: abortMultipartUpload },
  {
    method: 'GET',
    target: 'object',
    requires: { uploadId: isPresent },
    allows: ['max-parts', 'part-number-marker'],
    action: listParts,
  },
];
