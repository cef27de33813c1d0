/**
 * Checksums of objects and parts:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createCrc32c, createCrc64nvme, joinCrcs } from './crc.js';
import { invalidRequest, notImplemented } from './errors.js';

const DIGEST_BYTES = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32, SHA512: 64, MD5: 16 } as const;
export type ChecksumAlgorithm = keyof typeof DIGEST_BYTES;
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export const CHECKSUM_ALGORITHMS = Object.keys(DIGEST_BYTES) as readonly ChecksumAlgorithm[];

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64; a composite checksum ends in `-<parts>`. */
  readonly value: string;
  /** True if no client requested the checksum. */
  readonly isDefault?: boolean;
}

export interface Hasher {
  update(data: Uint8Array): void;
  digest(): Buffer;
}

export function createHasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32();
    case 'CRC32C':
      return createCrc32c();
    case 'CRC64NVME':
      return createCrc64nvme();
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
    case 'MD5':
      return createHash(algorithm.toLowerCase());
  }
}

class Crc32 implements Hasher {
  #value = 0;
  update(data: Uint8Array): void {
    this.#value = crc32(data, this.#value);
  }
  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.#value);
    return digest;
  }
}

export const checksumHeader = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;
export const checksumElement = (algorithm: ChecksumAlgorithm): string => `Checksum${algorithm}`;

/** Parses a header's value or a trailer's name. */
export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toUpperCase());
  if (algorithm === undefined) {
    throw notImplemented(
      `The local cloud does not know the checksum algorithm ${name}; use one of ${CHECKSUM_ALGORITHMS.join(', ')}.`,
    );
  }
  return algorithm;
}

/** Requires base64 of exactly the digest's length. */
export function requireDigest(algorithm: ChecksumAlgorithm, value: string, where: string): Buffer {
  const digest = Buffer.from(value, 'base64');
  if (digest.length !== DIGEST_BYTES[algorithm] || digest.toString('base64') !== value) {
    throw invalidRequest(`Value for ${where} is invalid.`);
  }
  return digest;
}

/** S3 computes this checksum for objects that bring none. */
export const DEFAULT_ALGORITHM = 'CRC64NVME' satisfies ChecksumAlgorithm;

/** The checksum type of a multipart upload whose creator did not choose one. */
export const defaultChecksumType = (algorithm: ChecksumAlgorithm): ChecksumType =>
  algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';

export function requireSupportedType(algorithm: ChecksumAlgorithm, type: string): ChecksumType {
  const supported = !isCrc(algorithm)
    ? ['COMPOSITE']
    : algorithm === 'CRC64NVME'
      ? ['FULL_OBJECT']
      : ['COMPOSITE', 'FULL_OBJECT'];
  if (!supported.includes(type)) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return type as ChecksumType;
}

const isCrc = (algorithm: ChecksumAlgorithm): algorithm is 'CRC32' | 'CRC32C' | 'CRC64NVME' =>
  algorithm.startsWith('CRC');

/** Computes the checksum of an object from those of its parts. */
export function joinChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly digest: Buffer; readonly size: number }[],
): Checksum {
  if (type === 'FULL_OBJECT' && isCrc(algorithm)) {
    return { algorithm, type, value: joinCrcs(algorithm, parts).toString('base64') };
  }
  const hasher = createHasher(algorithm);
  for (const part of parts) hasher.update(part.digest);
  return { algorithm, type, value: `${hasher.digest().toString('base64')}-${parts.length}` };
}
