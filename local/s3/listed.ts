/** Renders objects and common prefixes for listings. */
import { ACCOUNT_ID } from './action.js';
import type { StoredObject } from './buckets.js';
import { isoSeconds } from './time.js';
import { escapeText } from './xml.js';

const OWNER = `<Owner><ID>${ACCOUNT_ID}</ID></Owner>`;

/** A page has a thousand of these, so each is one string, and only fields that may need it are escaped. */
export function listedFields(encodedKey: string, object: StoredObject, withOwner: boolean): string {
  const { checksum, etag, body, lastModifiedMs } = object;
  const checksums = `<ChecksumAlgorithm>${checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`;
  return (
    `<Key>${escapeText(encodedKey)}</Key><LastModified>${isoSeconds(lastModifiedMs)}</LastModified>` +
    `<ETag>&quot;${etag.slice(1, -1)}&quot;</ETag>${checksums}<Size>${body.size}</Size>` +
    `<StorageClass>${object.headers['x-amz-storage-class'] ?? 'STANDARD'}</StorageClass>${withOwner ? OWNER : ''}`
  );
}

export const listedObject = (encodedKey: string, object: StoredObject, withOwner: boolean): string =>
  `<Contents>${listedFields(encodedKey, object, withOwner)}</Contents>`;

export const listedCommonPrefix = (encodedPrefix: string): string =>
  `<CommonPrefixes><Prefix>${escapeText(encodedPrefix)}</Prefix></CommonPrefixes>`;
