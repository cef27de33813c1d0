/**
 * The two files beside the parts, with their codecs. Readers of lakes skip names that begin with `_`.
 * - `_spotpool.json` says whose place it is. It is written first and stays.
 * - `_manifest.json` lists the parts. It is written last, so it is there only when all of them are.
 */
import { jobId } from '../../../core/contract/job-id.js';
import { provenance } from '../../../core/record/provenance.js';
import { count, decode, flag, just, list, object, oneOf, optional, text } from '../../../core/contract/shape.js';
import type { JobIdentity } from '../results-meta.js';

export const CLAIM_FILE = '_spotpool.json';
export const MANIFEST_FILE = '_manifest.json';

const PART_DIGITS = 5;
/** More parts make listings slow, and their names would have more digits. */
export const MOST_PARTS = 100_000;
/** A manifest of so many parts has about 20 MB. */
export const MOST_MANIFEST_BYTES = 32 * 1024 * 1024;

/** The number is padded with zeros, so the byte order of names is the order of the dataset. */
export const partName = (part: number, ending: string): string =>
  `part-${String(part).padStart(PART_DIGITS, '0')}${ending}`;

export const isPartName = (name: string): boolean => /^part-\d{5}\.(jsonl|csv|parquet)(\.gz)?$/.test(name);

export interface PartEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
  /** The index of the first row; absent when the part has no row. */
  readonly firstIndex?: number;
}

export interface PartsManifest extends JobIdentity {
  readonly version: 1;
  readonly format: string;
  readonly rows: number;
  readonly ok: number;
  readonly failed: number;
  /** True when items of the job are missing. */
  readonly partial: boolean;
  readonly only?: 'ok' | 'failed';
  readonly parts: readonly PartEntry[];
}

const LONGEST_FIELD = 256;

const manifestShape = object<PartsManifest>({
  version: just(1),
  job: jobId,
  createdAt: text(LONGEST_FIELD),
  provenance: optional(provenance),
  format: text(LONGEST_FIELD),
  rows: count,
  ok: count,
  failed: count,
  partial: flag,
  only: optional(oneOf<'ok' | 'failed'>({ ok: true, failed: true })),
  parts: list(
    object<PartEntry>({
      name: text(LONGEST_FIELD),
      bytes: count,
      sha256: text(LONGEST_FIELD),
      rows: count,
      firstIndex: optional(count),
    }),
    MOST_PARTS,
  ),
});

export const encodePartsManifest = (manifest: PartsManifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

export const decodePartsManifest = (json: Uint8Array): PartsManifest | undefined => decode(manifestShape, json);

export interface Claim extends Omit<JobIdentity, 'provenance'> {
  /** A random word of the command that holds the place. Two commands can write the results of one job at once. */
  readonly writer?: string;
}

const claimShape = object<Claim & { readonly version: 1 }>({
  version: just(1),
  job: jobId,
  createdAt: text(LONGEST_FIELD),
  writer: optional(text(LONGEST_FIELD)),
});

export const encodeClaim = ({ job, createdAt, writer }: Claim): string =>
  `${JSON.stringify({ version: 1, job, createdAt, writer }, null, 2)}\n`;

export const decodeClaim = (json: Uint8Array): Claim | undefined => decode(claimShape, json);
