/** The content headers and user metadata of an object: a write sets them and every read returns them. */
import { validateHeaderValue } from 'node:http';
import { S3Error, headerNotImplemented, invalidArgument, notImplemented } from './errors.js';
import type { S3Headers } from './request.js';

export type ObjectHeaders = Readonly<Record<string, string>>;

/** Headers that describe the content; a read may replace them (`response-…`). */
export const CONTENT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;
const KEPT_HEADERS = [...CONTENT_HEADERS, 'x-amz-storage-class', 'x-amz-website-redirect-location'] as const;

const METADATA_PREFIX = 'x-amz-meta-';
/** The limit covers names and values: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048;

const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** These headers change the meaning of a write, so they are refused rather than ignored. */
const UNSERVED_HEADERS = [
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-write-offset-bytes',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-object-lock-retain-until-date',
];

/** Objects of all other classes could not be read immediately. */
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
];
const UNSERVED_STORAGE_CLASSES = ['GLACIER', 'DEEP_ARCHIVE'];

/**
 * Every object has this encryption by default:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
 */
export const ENCRYPTED: ObjectHeaders = { 'x-amz-server-side-encryption': 'AES256' };

export function readObjectHeaders(headers: S3Headers): ObjectHeaders {
  checkServed(headers);
  const kept: Record<string, string> = { 'content-type': DEFAULT_CONTENT_TYPE };
  for (const name of KEPT_HEADERS) {
    const value = name === 'content-encoding' ? contentEncoding(headers) : headers.get(name);
    if (value !== undefined && value !== '') kept[name] = value;
  }
  if (kept['x-amz-storage-class'] === 'STANDARD') delete kept['x-amz-storage-class'];
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(METADATA_PREFIX)) continue;
    kept[name] = value;
    metadataBytes += name.length - METADATA_PREFIX.length + Buffer.byteLength(value, 'latin1');
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error(400, 'MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(metadataBytes),
      MaxSizeAllowed: String(MAX_METADATA_BYTES),
    });
  }
  return kept;
}

function checkServed(headers: S3Headers): void {
  const unserved = UNSERVED_HEADERS.find((name) => headers.has(name));
  if (unserved !== undefined) throw headerNotImplemented(unserved);
  const encryption = headers.get('x-amz-server-side-encryption') ?? 'AES256';
  if (encryption.startsWith('aws:')) {
    throw notImplemented(
      `The local cloud has no KMS keys, so it serves the encryption AES256 only, not ${encryption}.`,
    );
  }
  if (encryption !== 'AES256') {
    throw invalidArgument(
      'The encryption method specified is not supported',
      'x-amz-server-side-encryption',
      encryption,
    );
  }
  const storageClass = headers.get('x-amz-storage-class') ?? 'STANDARD';
  if (UNSERVED_STORAGE_CLASSES.includes(storageClass)) {
    throw notImplemented(`The local cloud does not archive: the storage class ${storageClass} is not served.`);
  }
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw new S3Error(400, 'InvalidStorageClass', 'The storage class you specified is not valid', {
      StorageClassRequested: storageClass,
    });
  }
}

/** `aws-chunked` describes the transfer, not the object. */
function contentEncoding(headers: S3Headers): string | undefined {
  const header = headers.get('content-encoding');
  if (header === undefined) return undefined;
  const encodings = header.split(',').map((encoding) => encoding.trim());
  return encodings.filter((encoding) => encoding !== '' && encoding !== 'aws-chunked').join(',');
}

/** Returns the `response-…` parameters of a read, which replace stored headers. */
export function readOverrides(query: URLSearchParams): ObjectHeaders {
  const overrides: Record<string, string> = {};
  for (const [parameter, value] of query) {
    const name = KEPT_HEADERS.find((kept) => parameter === `response-${kept}`);
    if (name === undefined) continue;
    try {
      validateHeaderValue(name, value);
    } catch {
      throw invalidArgument('The response header is not valid.', parameter, value);
    }
    overrides[name] = value;
  }
  return overrides;
}

/** S3 refuses keys that are longer: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new S3Error(400, 'KeyTooLongError', 'Your key is too long', {
      Size: String(bytes),
      MaxSizeAllowed: String(MAX_KEY_BYTES),
    });
  }
}
