/**
 * `workers/current.json` names the worker that instances fetch at boot (infra/boot/user-data.ts reads `sha256`).
 *
 * Invariant: it only moves forward. An older version never replaces a newer one, whoever submits. Of one version the build that was published last
 * counts (docs/decisions/0008-…).
 */
import { decode, object, text, where } from './shape.js';
import { compareVersions, isVersion } from './version.js';

export interface WorkerPointer {
  readonly version: string;
  /** The SHA-256 (hex) of `workers/<sha256>/worker.tar.gz`. */
  readonly sha256: string;
  readonly publishedAt?: string;
}

export const encodeWorkerPointer = (to: WorkerPointer): string => `${JSON.stringify(to)}\n`;

const pointer = object<Omit<WorkerPointer, 'publishedAt'>>({
  version: where(text(256), isVersion),
  sha256: text(64, /^[0-9a-f]{64}$/),
});

/** Returns undefined when it is not a pointer: no instance can boot by it either. */
export const decodeWorkerPointer = (json: string | Uint8Array): WorkerPointer | undefined => decode(pointer, json);

/** `publish`: move the pointer. `present`: it is there already. `newer`: a newer version was published, and stays. */
export type PointerDecision = 'publish' | 'present' | 'newer';

export function decidePointer(current: WorkerPointer | undefined, own: WorkerPointer): PointerDecision {
  if (current === undefined) return 'publish';
  const age = compareVersions(current.version, own.version);
  if (age > 0) return 'newer';
  return age === 0 && current.sha256 === own.sha256 ? 'present' : 'publish';
}
