/**
 * Opens what `--weights` names: a file, a folder, or an `s3://` prefix. Files of this machine are hashed here and uploaded later, each under its SHA-256.
 * Objects of a prefix stay where they are. The list of the files is content-addressed, too, so that equal weights are equal jobs.
 */
import { createHash } from 'node:crypto';
import { weightsListKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  encodeWeightsList,
  MOST_WEIGHTS_FILES,
  MOST_WEIGHTS_LIST_BYTES,
  type WeightsFile,
  type WeightsSpec,
} from '../../core/contract/weights.js';
import type { SourceObjects } from '../dataset/ports.js';
import { UserError } from '../errors.js';
import type { LeftOut } from '../model/shipping/walk.js';
import { filesOfBucket } from './bucket-files.js';
import { hashFiles } from './hash-files.js';
import { localFiles } from './local-files.js';
import { uploadFiles } from './upload-files.js';
import type { HashedFile, WeightsHooks, WeightsRequest } from './weights-files.js';

export interface Weights {
  readonly spec: WeightsSpec;
  readonly leftOut: readonly LeftOut[];
  /** The bucket that holds the files, when they stay there. */
  readonly bucket?: string;
  /** The list of the files, as it is uploaded. */
  readonly list: string;
  /** The files of this machine, by their SHA-256. */
  readonly places: ReadonlyMap<string, string>;
  /** Uploads the files that the bucket lacks, and then the list. */
  upload(store: ObjectStore, hooks: WeightsHooks): Promise<void>;
}

export async function openWeights(
  request: WeightsRequest,
  sources: Pick<SourceObjects, 'list'>,
  hooks: WeightsHooks,
): Promise<Weights> {
  const { argument } = request;
  if (argument.startsWith('s3://')) {
    const { bucket, files } = await filesOfBucket(argument, sources, hooks.signal);
    return { ...weightsOf(argument, files, []), leftOut: [], bucket };
  }
  const { files, leftOut } = await localFiles(request);
  requireFew(argument, files.length);
  const hashed = await hashFiles(files, request.cache, hooks);
  const listed = hashed.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  return { ...weightsOf(argument, listed, hashed), leftOut };
}

function weightsOf(
  name: string,
  files: readonly WeightsFile[],
  hashed: readonly HashedFile[],
): Pick<Weights, 'spec' | 'list' | 'places' | 'upload'> {
  requireFew(name, files.length);
  const list = encodeWeightsList({ version: 1, files });
  if (list.length > MOST_WEIGHTS_LIST_BYTES)
    throw new UserError(`The weights ${name} have too many files with long names.`);
  const digest = createHash('sha256').update(list).digest('hex');
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const upload = async (store: ObjectStore, hooks: WeightsHooks): Promise<void> => {
    await uploadFiles(hashed, store, hooks);
    const options = { signal: hooks.signal, ifNoneMatch: true, contentType: 'application/json' };
    await store.put(weightsListKey(digest), list, options);
  };
  const places = new Map(hashed.map(({ sha256, file }) => [sha256, file]));
  return { spec: { name, digest, files: files.length, bytes }, list, places, upload };
}

function requireFew(name: string, files: number): void {
  if (files <= MOST_WEIGHTS_FILES) return;
  throw new UserError(
    `The weights ${name} have more than ${MOST_WEIGHTS_FILES.toLocaleString('en-US')} files. Put them into archives, or give a smaller folder.`,
  );
}
