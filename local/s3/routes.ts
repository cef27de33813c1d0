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
  { method: 'GET', target: 'service', allows: ['prefix'], operation: 'ListBuckets', action: listBuckets },

  { method: 'PUT', target: 'bucket', operation: 'CreateBucket', action: createBucket },
  { method: 'HEAD', target: 'bucket', operation: 'HeadBucket', action: headBucket },
  { method: 'DELETE', target: 'bucket', operation: 'DeleteBucket', action: deleteBucket },
  {
    method: 'GET',
    target: 'bucket',
    requires: { location: isPresent },
    operation: 'GetBucketLocation',
    action: getBucketLocation,
  },
  {
    method: 'GET',
    target: 'bucket',
    allows: [...PAGING, 'marker', 'max-keys'],
    operation: 'ListObjects',
    action: listObjects,
  },
  {
    method: 'GET',
    target: 'bucket',
    requires: { 'list-type': '2' },
    allows: [...PAGING, 'start-after', 'continuation-token', 'max-keys', 'fetch-owner'],
    operation: 'ListObjectsV2',
    action: listObjectsV2,
  },
  {
    method: 'GET',
    target: 'bucket',
    requires: { uploads: isPresent },
    allows: [...PAGING, 'key-marker', 'upload-id-marker', 'max-uploads'],
    operation: 'ListMultipartUploads',
    action: listMultipartUploads,
  },
  {
    method: 'POST',
    target: 'bucket',
    requires: { delete: isPresent },
    operation: 'DeleteObjects',
    action: deleteObjects,
  },
  ...CONFIGURATIONS.flatMap((configuration): readonly Route[] => {
    const requires = { [configuration.subresource]: isPresent };
    return [
      {
        method: 'GET',
        target: 'bucket',
        requires,
        operation: `Get${configuration.name}`,
        action: getConfiguration(configuration),
      },
      {
        method: 'PUT',
        target: 'bucket',
        requires,
        operation: `Put${configuration.name}`,
        action: putConfiguration(configuration),
      },
      ...(configuration.deletable
        ? [
            {
              method: 'DELETE',
              target: 'bucket',
              requires,
              operation: `Delete${configuration.name}`,
              action: deleteConfiguration(configuration),
            } as const,
          ]
        : []),
    ];
  }),

  { method: 'GET', target: 'object', allows: OVERRIDES, operation: 'GetObject', action: getObject },
  { method: 'HEAD', target: 'object', allows: OVERRIDES, operation: 'HeadObject', action: headObject },
  { method: 'PUT', target: 'object', header: isNoCopy, operation: 'PutObject', action: putObject },
  { method: 'PUT', target: 'object', header: isCopy, operation: 'CopyObject', action: copyObject },
  { method: 'DELETE', target: 'object', operation: 'DeleteObject', action: deleteObject },
  {
    method: 'GET',
    target: 'object',
    requires: { tagging: isPresent },
    operation: 'GetObjectTagging',
    action: getObjectTagging,
  },
  {
    method: 'PUT',
    target: 'object',
    requires: { tagging: isPresent },
    operation: 'PutObjectTagging',
    action: putObjectTagging,
  },
  {
    method: 'DELETE',
    target: 'object',
    requires: { tagging: isPresent },
    operation: 'DeleteObjectTagging',
    action: deleteObjectTagging,
  },

  {
    method: 'POST',
    target: 'object',
    requires: { uploads: isPresent },
    operation: 'CreateMultipartUpload',
    action: createMultipartUpload,
  },
  {
    method: 'PUT',
    target: 'object',
    requires: { uploadId: isPresent, partNumber: isPresent },
    header: isNoCopy,
    operation: 'UploadPart',
    action: uploadPart,
  },
  {
    method: 'PUT',
    target: 'object',
    requires: { uploadId: isPresent, partNumber: isPresent },
    header: isCopy,
    operation: 'UploadPartCopy',
    action: uploadPartCopy,
  },
  {
    method: 'POST',
    target: 'object',
    requires: { uploadId: isPresent },
    operation: 'CompleteMultipartUpload',
    action: completeMultipartUpload,
  },
  {
    method: 'DELETE',
    target: 'object',
    requires: { uploadId: isPresent },
    operation: 'AbortMultipartUpload',
    action: abortMultipartUpload,
  },
  {
    method: 'GET',
    target: 'object',
    requires: { uploadId: isPresent },
    allows: ['max-parts', 'part-number-marker'],
    operation: 'ListParts',
    action: listParts,
  },
];
