/** The message of a batch: what it is and where its items are, never the items themselves. */

import { definedFields } from '../defined-fields.js';
import { jobId } from './job-id.js';
import { count, decode, just, list, object, optional, text, where } from './shape.js';

/** Where a batch's items are: bytes `[startByte, endByte)` of an input part. */
export interface BatchLocation {
  readonly batch: number;
  readonly key: string;
  readonly startByte: number;
  readonly endByte: number;
  /** Position in the dataset of the batch's first item. */
  readonly firstIndex: number;
  readonly items: number;
}

export interface BatchMessage extends BatchLocation {
  readonly job: string;
  /** SHA-256 (hex) of `job.json` as stored: a message of another manifest is discarded. */
  readonly manifestDigest: string;
  /** The lowest version of the worker that may take it; any when absent. */
  readonly worker?: string | undefined;
}

/** What messages of all versions say, under these names: so that a worker can hand back what is too new for it, instead of discarding it. */
export interface MessageNeeds {
  readonly worker: string;
  readonly job: string;
  readonly batch: number;
}

const MESSAGE_VERSION = 1;

export function encodeBatchMessage(message: BatchMessage): string {
  return JSON.stringify({
    v: MESSAGE_VERSION,
    worker: message.worker,
    job: message.job,
    manifest: message.manifestDigest,
    batch: message.batch,
    key: message.key,
    bytes: [message.startByte, message.endByte],
    first: message.firstIndex,
    items: message.items,
  });
}

/** SQS's longest message; what is longer is none of ours. */
const MOST_CHARACTERS = 1024 * 1024;
/** S3's longest key. */
const KEY_BYTES = 1_024;
const version = text(256);

interface Wire {
  readonly v: 1;
  readonly worker?: string;
  readonly job: string;
  readonly manifest: string;
  readonly batch: number;
  readonly key: string;
  readonly bytes: readonly number[];
  readonly first: number;
  readonly items: number;
}

const wire = object<Wire>({
  v: just(MESSAGE_VERSION),
  worker: optional(version),
  job: jobId,
  manifest: text(64),
  batch: count,
  key: text(KEY_BYTES),
  bytes: where(list(count, 2), ([start = 0, end = -1]) => end >= start),
  first: count,
  items: count,
});

/** Undefined for anything that is not a message of this version: the caller discards it, with an event. */
export function decodeBatchMessage(body: string): BatchMessage | undefined {
  const read = body.length > MOST_CHARACTERS ? undefined : decode(wire, body);
  if (read === undefined) return undefined;
  const { worker, job, manifest, batch, key, bytes, first, items } = read;
  const [startByte = 0, endByte = 0] = bytes;
  return {
    job,
    manifestDigest: manifest,
    batch,
    key,
    startByte,
    endByte,
    firstIndex: first,
    items,
    ...definedFields({ worker }),
  };
}

const needs = object<MessageNeeds>({ worker: version, job: jobId, batch: count });

/** Undefined when it asks for no version of the worker. */
export const messageNeeds = (body: string): MessageNeeds | undefined =>
  body.length > MOST_CHARACTERS ? undefined : decode(needs, body);
