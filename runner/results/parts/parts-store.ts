/** The port to the place of results in parts: a folder on this machine, or a prefix in a bucket. Names are below it. */
import type { ByteOutput } from '../byte-output.js';

export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
}

export interface PartsStore {
  /** The folder or URL for messages; it ends in a slash. */
  readonly place: string;
  /** Lists every file that readers of the place would see. */
  list(): AsyncIterable<StoredFile>;
  /** Returns undefined when there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Makes the place, if it needs to be made. */
  prepare(): Promise<void>;
  /** True when opened files stay hidden until they are published, so earlier parts are whole until then. */
  readonly isStaged: boolean;
  /** Opens a file that appears when it is whole (and published). With `onlyNew`, a file that is there by then is an error. */
  open(name: string, options: { readonly onlyNew: boolean; readonly bytes: number }): Promise<ByteOutput>;
  /** Shows the hidden files under their names. */
  publish(): Promise<void>;
  /** Removes the hidden files, of which no name is shown. */
  dropHidden(): Promise<void>;
  /** Writes a small file at once. Returns false when it exists and only a new one was wanted. */
  put(name: string, text: string, options: { readonly onlyNew: boolean }): Promise<boolean>;
  /** A missing file is no error. */
  remove(name: string): Promise<void>;
}
