/**
 * The weights of a model: files that are too large for its bundle. A list names them. Uploaded files lie in the stack's bucket under their digests; files of
 * an `s3://` prefix stay where they are, and the list pins each by its ETag.
 */
import { count, decode, either, just, list, object, type Shape, text, words } from './shape.js';

/** Paths are relative to the folder of the weights, with `/`. */
export type WeightsFile =
  | { readonly path: string; readonly bytes: number; readonly sha256: string }
  | {
      readonly path: string;
      readonly bytes: number;
      readonly bucket: string;
      readonly key: string;
      readonly etag: string;
    };

export interface WeightsList {
  readonly version: 1;
  readonly files: readonly WeightsFile[];
}

/** The part of the manifest that names the weights of a job. */
export interface WeightsSpec {
  /** The value of `--weights`, for people. */
  readonly name: string;
  /** The SHA-256 (hex) of the list, which is at `weightsListKey`. */
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
}

/** The model's environment variable with the folder of its weights. */
export const WEIGHTS_VARIABLE = 'SPOTPOOL_WEIGHTS';

export const MOST_WEIGHTS_LIST_BYTES = 64 * 1024 * 1024;
export const MOST_WEIGHTS_FILES = 100_000;
const PATH_CHARACTERS = 4_096;
/** Each part names something, and none leads out of the folder. */
export const weightsPath = text(PATH_CHARACTERS, /^(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*$/);
const sha256 = text(64, /^[0-9a-f]{64}$/);

type Uploaded = Extract<WeightsFile, { readonly sha256: string }>;
type Elsewhere = Extract<WeightsFile, { readonly etag: string }>;

const file = either<Uploaded, Elsewhere>(
  object<Uploaded>({ path: weightsPath, bytes: count, sha256 }),
  object<Elsewhere>({ path: weightsPath, bytes: count, bucket: text(255), key: text(1_024), etag: text(256) }),
);

const weightsList: Shape<WeightsList> = object<WeightsList>({
  version: just(1),
  files: list(file, MOST_WEIGHTS_FILES),
});

export const weightsSpec: Shape<WeightsSpec> = object<WeightsSpec>({
  name: words(1_024),
  digest: sha256,
  files: count,
  bytes: count,
});

export const encodeWeightsList = (value: WeightsList): string => `${JSON.stringify(value)}\n`;

export const decodeWeightsList = (json: string | Uint8Array): WeightsList | undefined => decode(weightsList, json);
