/** The message of a batch. It says which batch it is and where its items are; it never holds the items. */

import { definedFields } from '../defined-fields.js';
import { jobId } from './job-id.js';
import { count, decode, just, list, object, optional, text, where } from './shape.js';

/** The place of a batch's items: bytes `[startByte, endByte)` of an input part. */
export interface BatchLocation {
  readonly batch: number;
  readonly key: string;
  readonly startByte: number;
  readonly endByte: number;
  /** The position in the dataset of the batch's first item. */
  readonly firstIndex: number;
  readonly items: number;
}

export interface BatchMessage extends BatchLocation {
  readonly job: string;
  /** The SHA-256 (hex) of `job.json` as stored: a message of another manifest is discarded. */
  readonly manifestDigest: string;
  /** The lowest version of the worker that may take it; when absent, any version may. */
  readonly worker?: string | undefined;
  /** The batch is sent again (R5): it may have its outcome already, and is looked up before it is computed. */
  readonly again?: true | undefined;
}

/** The fields that messages of all versions have, so that a worker can hand back a message that is too new for it, instead of discarding it. */
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
    again: message.again,
  });
}

/** The longest message of SQS; a longer one is not ours. */
const MOST_CHARACTERS = 1024 * 1024;
/** The length of the longest key that S3 allows. */
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
  readonly again?: true;
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
  again: optional(just(true)),
});

/** Returns undefined for a body that is not a message of this version: the caller discards it, with an event. */
export function decodeBatchMessage(body: string): BatchMessage | undefined {
  const read = body.length > MOST_CHARACTERS ? undefined : decode(wire, body);
  if (read === undefined) return undefined;
  const { worker, job, manifest, batch, key, bytes, first, items, again } = read;
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
    ...definedFields({ worker, again }),
  };
}

const needs = object<MessageNeeds>({ worker: version, job: jobId, batch: count });

/** Returns undefined when the message asks for no version of the worker. */
export const messageNeeds = (body: string): MessageNeeds | undefined =>
  body.length > MOST_CHARACTERS ? undefined : decode(needs, body);
