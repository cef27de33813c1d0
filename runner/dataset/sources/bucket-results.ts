/**
 * Recognises results of earlier jobs among the objects below a prefix, as own-results.ts does it for folders. They are no data of the next job.
 *
 * Invariant: keys are asked for in the order of their bytes, in which S3 lists them. So the claim of a place comes before its parts.
 */
import {
  CLAIM_FILE,
  decodeClaim,
  decodePartsManifest,
  isPartName,
  MANIFEST_FILE,
  MOST_MANIFEST_BYTES,
} from '../../results/parts/parts-manifest.js';
import type { SourceObject, SourceObjects } from '../ports.js';

/** Each is a request. Nobody has the results of so many jobs below a prefix of data. */
const MOST_LOOKED_AT = 1_000;

export class BucketResults {
  readonly #bucket: string;
  readonly #objects: SourceObjects;
  readonly #signal: AbortSignal;
  /** The prefixes that hold results in parts. */
  readonly #places = new Set<string>();
  #lookedAt = 0;

  constructor(bucket: string, objects: SourceObjects, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#objects = objects;
    this.#signal = signal;
  }

  /** True for parts of results, and for the two files beside them. */
  async has({ key, size }: Pick<SourceObject, 'key' | 'size'>): Promise<boolean> {
    const at = key.lastIndexOf('/') + 1;
    const [place, name] = [key.slice(0, at), key.slice(at)];
    if (isPartName(name)) return this.#places.has(place);
    if ((name !== CLAIM_FILE && name !== MANIFEST_FILE) || size > MOST_MANIFEST_BYTES) return false;
    if (this.#lookedAt >= MOST_LOOKED_AT) return false;
    this.#lookedAt += 1;
    const bytes = await readObject(this.#objects, { bucket: this.#bucket, key }, this.#signal);
    if (name === MANIFEST_FILE) return decodePartsManifest(bytes) !== undefined;
    const isClaim = decodeClaim(bytes) !== undefined;
    if (isClaim) this.#places.add(place);
    return isClaim;
  }
}

export async function readObject(
  objects: SourceObjects,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of objects.stream(bucket, key, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
