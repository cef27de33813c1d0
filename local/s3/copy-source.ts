/** Parses the `x-amz-copy-source` header and reads the object that it names. */
import { createHash } from 'node:crypto';
import type { S3State } from './action.js';
import type { Body } from './body.js';
import type { StoredObject } from './buckets.js';
import { createHasher, DEFAULT_ALGORITHM, type Checksum, type ChecksumAlgorithm } from './checksums.js';
import { invalidArgument } from './errors.js';
import { checkVersion } from './guards.js';
import { checkCopySource } from './preconditions.js';
import type { S3Request } from './request.js';

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly object: StoredObject;
}

export function findCopySource(state: S3State, request: S3Request): CopySource {
  const header = request.headers.get('x-amz-copy-source') ?? '';
  const [path = '', version] = header.split('?versionId=');
  checkVersion(version);
  const decoded = decode(path, header).replace(/^\//, '');
  const slash = decoded.indexOf('/');
  if (slash < 1 || slash === decoded.length - 1) throw invalidSource(header);
  const [bucket, key] = [decoded.slice(0, slash), decoded.slice(slash + 1)];
  const object = state.buckets.get(bucket).object(key);
  checkCopySource(request.headers, object);
  return { bucket, key, object };
}

function decode(path: string, header: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidSource(header);
  }
}

const invalidSource = (header: string): Error =>
  invalidArgument(
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    'x-amz-copy-source',
    header,
  );

/** Reads a body once and computes its digests, in constant memory. */
export async function digestBody(
  body: Body,
  algorithm: ChecksumAlgorithm | undefined,
  signal: AbortSignal,
): Promise<{ readonly md5: Buffer; readonly checksum: Checksum }> {
  const known = algorithm ?? DEFAULT_ALGORITHM;
  const md5 = createHash('md5');
  const hasher = createHasher(known);
  for await (const piece of body.read(signal)) {
    md5.update(piece);
    hasher.update(piece);
  }
  const value = hasher.digest().toString('base64');
  return { md5: md5.digest(), checksum: { algorithm: known, type: 'FULL_OBJECT', value } };
}
