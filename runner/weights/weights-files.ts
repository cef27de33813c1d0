/** The files of some weights, what is asked of them, and the progress that is shown. */

export interface WeightsRequest {
  /** The argument of `--weights`, unchanged. */
  readonly argument: string;
  readonly cwd: string;
  readonly followLinks: boolean;
  /** The file that remembers the digests of large files. Without it, all files are hashed. */
  readonly cache?: string;
}

export interface WeightsHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: WeightsProgress) => void;
}

export interface WeightsProgress {
  readonly doing: 'hashing' | 'uploading';
  readonly bytes: number;
  readonly total: number;
}

export interface LocalFile {
  /** The path in the folder of the weights. */
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
}

export interface HashedFile extends LocalFile {
  readonly sha256: string;
  /** It is another one when the file was changed. */
  readonly identity: string;
}
