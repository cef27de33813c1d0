/**
 * The Python environment of a model, which `submit` locks for the fleet's platform. It is a file of the model's bundle, so that it is part of the model's
 * digest. Instances install exactly these wheels into a virtual environment of the model.
 */
import { count, decode, integer, just, list, object, oneOf, optional, type Shape, text, words } from './shape.js';

/** The path in the bundle. */
export const ENVIRONMENT_FILE = '.spotpool/environment.json';
/** The path in the bundle of the lock in the format of requirements files, with hashes. */
export const LOCK_FILE = '.spotpool/requirements.txt';

/** `bucket`: the wheels are in the stack's bucket. `index`: instances fetch them from the package index, by the lock's hashes. */
export type WheelSource = 'bucket' | 'index';

export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** The wheel's file name, which says for which platforms it is. */
  readonly file: string;
  /** SHA-256 (hex) of the file. */
  readonly sha256: string;
  readonly bytes: number;
  /** Where the package index has the file. */
  readonly url?: string;
}

export interface PythonEnvironment {
  readonly version: 1;
  /** The two numbers of the Python version, such as `3.13`. */
  readonly python: string;
  /** The platform in the names of uv, such as `aarch64-manylinux_2_34`. https://docs.astral.sh/uv/reference/cli/#uv-pip-compile--python-platform */
  readonly platform: string;
  readonly source: WheelSource;
  /** The wheel of uv itself, which installs the others. It is in the stack's bucket. */
  readonly installer: Wheel;
  readonly wheels: readonly Wheel[];
  /** The package indexes, without credentials, for the source `index`. The first one is asked first. */
  readonly indexes?: readonly string[];
}

/** The manifest's part of an environment. */
export interface PythonSummary extends Pick<PythonEnvironment, 'python' | 'platform' | 'source'> {
  readonly packages: number;
  /** The bytes of all wheels. */
  readonly bytes: number;
}

/** An environment names a few hundred wheels at most. */
export const MOST_ENVIRONMENT_BYTES = 4 * 1024 * 1024;
const MOST_WHEELS = 10_000;
const MOST_INDEXES = 100;
const URL_CHARACTERS = 8 * 1024;

export const pythonVersion = text(16, /^3\.\d{1,3}$/);
const platform = text(128, /^[\w.-]+$/);
const source = oneOf<WheelSource>({ bucket: true, index: true });
const name = words(1_024);

const wheel = object<Wheel>({
  name,
  version: name,
  // It becomes a part of keys and of paths.
  file: text(1_024, /^[\w.+!-]+\.whl$/),
  sha256: text(64, /^[0-9a-f]{64}$/),
  bytes: count,
  url: optional(text(URL_CHARACTERS)),
});

const environment: Shape<PythonEnvironment> = object<PythonEnvironment>({
  version: just(1),
  python: pythonVersion,
  platform,
  source,
  installer: wheel,
  wheels: list(wheel, MOST_WHEELS),
  indexes: optional(list(text(URL_CHARACTERS), MOST_INDEXES)),
});

export const pythonSummary: Shape<PythonSummary> = object<PythonSummary>({
  python: pythonVersion,
  platform,
  source,
  packages: integer(0, MOST_WHEELS),
  bytes: count,
});

export const encodeEnvironment = (value: PythonEnvironment): string => `${JSON.stringify(value, undefined, 2)}\n`;

export const decodeEnvironment = (json: string | Uint8Array): PythonEnvironment | undefined =>
  decode(environment, json);
