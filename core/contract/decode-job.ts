/** The codec of what the folder of a job says of it (core/contract/job.ts): its manifest and its marks. */
import { isJobId } from './job-id.js';
import type {
  BatchSizing,
  CancelMark,
  DatasetSpec,
  DoneMark,
  Manifest,
  ModelSpec,
  ModelStart,
  UnableMark,
} from './job.js';
import { ARGUMENT_CHARACTERS, jobOptions, NAME_CHARACTERS } from './job-options.js';
import { instanceId } from '../names.js';
import {
  check,
  count,
  decode,
  either,
  instant,
  integer,
  just,
  linesOfWords,
  list,
  object,
  oneOf,
  optional,
  parseJson,
  type Shape,
  text,
  time,
  where,
  words,
} from './shape.js';

/** Objects of these kinds are read up to here: a manifest holds a model's whole environment, a mark one sentence. */
export const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MOST_MARK_BYTES = 256 * 1024;

const SENTENCE_CHARACTERS = 16 * 1024;
const MOST_ARGUMENTS = 10_000;
/** Parts of the input may force more batches than are planned (core/contract/keys.ts); far beyond that it is no number of ours. */
const MOST_BATCHES = 10_000_000;

export const jobId: Shape<string> = where(text(63), isJobId);
const name = words(NAME_CHARACTERS);
/** SHA-256 in hex; a part of keys and of paths. */
const digest = text(64, /^[0-9a-z]+$/);
const version = text(256, /^[\w.+-]+$/);

const start = either<ModelStart, ModelStart>(
  object<Extract<ModelStart, { kind: 'module' }>>({ kind: just('module'), entry: text(ARGUMENT_CHARACTERS) }),
  object<Extract<ModelStart, { kind: 'command' }>>({
    kind: just('command'),
    argv: list(text(ARGUMENT_CHARACTERS), MOST_ARGUMENTS),
  }),
);

const manifestShape: Shape<Manifest> = object<Manifest>({
  version: just(1),
  job: jobId,
  dataset: object<DatasetSpec>({
    name,
    digest,
    kind: oneOf<DatasetSpec['kind']>({ lines: true, objects: true }),
    items: count,
    bytes: count,
    badItems: count,
  }),
  model: object<ModelSpec>({
    name,
    digest,
    contents: optional(digest),
    start,
    setup: optional(text(ARGUMENT_CHARACTERS)),
  }),
  options: jobOptions,
  batches: integer(1, MOST_BATCHES),
  batchSizes: optional(
    object<BatchSizing>({
      kind: oneOf<BatchSizing['kind']>({ fixed: true, guided: true }),
      largestItems: count,
      smallestItems: count,
    }),
  ),
  createdAt: instant,
  createdBy: name,
  versions: object<Manifest['versions']>({ spotpool: version, node: version, worker: optional(version) }),
});

/** The result is this job's manifest, or undefined: one that was copied from another job's folder does not count. */
export function decodeManifest(json: string | Uint8Array, job: string): Manifest | undefined {
  const manifest = decode(manifestShape, json);
  return manifest?.job === job ? manifest : undefined;
}

const doneState = oneOf<DoneMark['state']>({ complete: true, failed: true });

const doneMark = object<DoneMark>({
  state: doneState,
  // The lines of a log tell a stack from its cause.
  reason: linesOfWords(SENTENCE_CHARACTERS),
  at: time,
});

export const decodeDoneMark = (json: string | Uint8Array): DoneMark | undefined => decode(doneMark, json);

const endState = object<Pick<DoneMark, 'state'>>({ state: doneState });

/** How it ended: all that a worker asks. */
export const decodeEndState = (json: string | Uint8Array): DoneMark['state'] | undefined =>
  decode(endState, json)?.state;

const cancelMark = object<CancelMark>({ at: time, by: name });

/**
 * Workers go by the key alone, so what it says may be missing: it is a cancel all the same. `at` is then when the object was written.
 */
export function decodeCancelMark(json: string | Uint8Array, writtenAtMs: number): CancelMark {
  return check(cancelMark, parseJson(json)) ?? { at: new Date(writtenAtMs).toISOString(), by: 'somebody' };
}

const unableMark = object<UnableMark>({
  instance: instanceId,
  phase: oneOf<UnableMark['phase']>({ fetch: true, setup: true, load: true, version: true }),
  message: linesOfWords(SENTENCE_CHARACTERS),
  at: time,
});

/** The result is this instance's own mark, or undefined: nobody speaks for another one. */
export function decodeUnableMark(json: string | Uint8Array, instance: string): UnableMark | undefined {
  const mark = decode(unableMark, json);
  return mark?.instance === instance ? mark : undefined;
}
