/**
 * The records of the journal: each says one change of a bucket, and holds the small bytes of its object.
 *
 * A record is a head of twelve bytes (the length of its text, the length of its bytes, and the CRC-32 of all that
 * follows them together with both lengths), its text as JSON, and its bytes. So a record that was written in part is
 * recognised, wherever it was torn.
 */
import { crc32 } from 'node:zlib';
import type { PartRecord, StoredObject } from '../buckets.js';
import type { Piece } from '../body.js';
import { FileSource } from '../body.js';

/** Files are named by the store of bodies. Another name in a record is not ours, and must not become a path. */
export const BODY_FILE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A run of bytes of an object: in a file of the bodies, or else next in the bytes of the record. */
export type PieceText =
  { readonly size: number } | { readonly file: string; readonly at: number; readonly size: number };

type ObjectText = Pick<StoredObject, 'etag' | 'lastModifiedMs' | 'headers' | 'checksum'> & {
  readonly tags: readonly (readonly [string, string])[];
  readonly parts?: readonly PartRecord[];
  readonly pieces: readonly PieceText[];
};

export type RecordText =
  | { readonly op: 'put'; readonly bucket: string; readonly key: string; readonly object: ObjectText }
  | { readonly op: 'delete'; readonly bucket: string; readonly key: string }
  /** The bucket as it is from now on. Its objects stay as they are. */
  | {
      readonly op: 'bucket';
      readonly bucket: string;
      readonly location: string;
      readonly createdAtMs: number;
      readonly configuration: readonly (readonly [string, string])[];
    }
  | { readonly op: 'no-bucket'; readonly bucket: string };

export const HEAD_BYTES = 12;
/** The description of an object of ten thousand parts takes some megabytes. A greater length is not ours. */
const MOST_TEXT_BYTES = 64 * 1024 * 1024;

export interface EncodedRecord {
  readonly buffers: readonly Uint8Array[];
  readonly size: number;
  /** The place of the record's bytes, counted from its begin. */
  readonly bytesAt: number;
}

export function encodeRecord(text: RecordText, bytes: readonly Uint8Array[] = []): EncodedRecord {
  const json = Buffer.from(JSON.stringify(text));
  const size = bytes.reduce((sum, each) => sum + each.length, 0);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(size, 4);
  let crc = crc32(json, crc32(head.subarray(0, 8)));
  for (const each of bytes) crc = crc32(each, crc);
  head.writeUInt32LE(crc, 8);
  return {
    buffers: [head, json, ...bytes],
    size: HEAD_BYTES + json.length + size,
    bytesAt: HEAD_BYTES + json.length,
  };
}

export interface RecordHead {
  readonly textBytes: number;
  readonly bodyBytes: number;
  readonly crc: number;
}

/** Returns undefined for bytes that cannot begin a record. */
export function readHead(buffer: Buffer, at: number): RecordHead | undefined {
  if (buffer.length - at < HEAD_BYTES) return undefined;
  const textBytes = buffer.readUInt32LE(at);
  if (textBytes === 0 || textBytes > MOST_TEXT_BYTES) return undefined;
  return { textBytes, bodyBytes: buffer.readUInt32LE(at + 4), crc: buffer.readUInt32LE(at + 8) };
}

/** Returns undefined when the record is torn. `buffer` holds the whole record from `at` on. */
export function readText(
  buffer: Buffer,
  at: number,
  { textBytes, bodyBytes, crc }: RecordHead,
): RecordText | undefined {
  const end = at + HEAD_BYTES + textBytes;
  const lengths = buffer.subarray(at, at + 8);
  if (crc32(buffer.subarray(at + HEAD_BYTES, end + bodyBytes), crc32(lengths)) !== crc) return undefined;
  return JSON.parse(buffer.toString('utf8', at + HEAD_BYTES, end)) as RecordText;
}

/** Describes an object. Its small bytes become bytes of the record. */
export function objectText(object: StoredObject): { readonly text: ObjectText; readonly bytes: readonly Buffer[] } {
  const { body, etag, lastModifiedMs, headers, checksum, tags, parts } = object;
  const bytes: Buffer[] = [];
  const pieces = body.pieces.map(({ source, offset, size }: Piece): PieceText => {
    if (source instanceof FileSource) return { file: source.name, at: offset, size };
    bytes.push(source.readSync(offset, size));
    return { size };
  });
  const text = { etag, lastModifiedMs, headers, checksum, tags: [...tags], pieces };
  return { text: parts === undefined ? text : { ...text, parts }, bytes };
}
