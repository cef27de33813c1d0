/** How listings show an object and a common prefix. */
import { ACCOUNT_ID } from './action.js';
import type { StoredObject } from './buckets.js';
import { leaf, parent } from './xml.js';

export function listedObject(encodedKey: string, object: StoredObject, withOwner: boolean): string {
  return parent('Contents', [
    leaf('Key', encodedKey),
    leaf('LastModified', new Date(object.lastModifiedMs).toISOString()),
    leaf('ETag', object.etag),
    leaf('ChecksumAlgorithm', object.checksum?.algorithm),
    leaf('ChecksumType', object.checksum?.type),
    leaf('Size', object.body.size),
    leaf('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD'),
    withOwner ? parent('Owner', [leaf('ID', ACCOUNT_ID)]) : '',
  ]);
}

export const listedCommonPrefix = (encodedPrefix: string): string =>
  parent('CommonPrefixes', [leaf('Prefix', encodedPrefix)]);
