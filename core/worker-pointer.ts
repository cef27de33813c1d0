/**
 * `workers/current.json`: which worker instances fetch at boot (infra/boot/user-data.ts reads `sha256`).
 *
 * Invariant: it only moves forward. A newer version is never replaced by an older one, whoever submits; of one version the build that was
 * published last counts (docs/decisions/0008-…).
 */
import { compareVersions, isVersion } from './version.js';

export interface WorkerPointer {
  readonly version: string;
  /** SHA-256 (hex) of `workers/<sha256>/worker.tar.gz`. */
  readonly sha256: string;
  readonly publishedAt?: string;
}

export const encodeWorkerPointer = (pointer: WorkerPointer): string => `${JSON.stringify(pointer)}\n`;

/** Undefined for what is none: no instance can boot by it either. */
export function decodeWorkerPointer(text: string): WorkerPointer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { version, sha256 } = (value ?? {}) as Record<string, unknown>;
  if (typeof version !== 'string' || !isVersion(version)) return undefined;
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? { version, sha256 } : undefined;
}

/** `publish`: move the pointer. `newer`: somebody with a newer spotpool has published, and that stays. */
export type PointerDecision = 'publish' | 'present' | 'newer';

export function decidePointer(current: WorkerPointer | undefined, own: WorkerPointer): PointerDecision {
  if (current === undefined) return 'publish';
  const age = compareVersions(current.version, own.version);
  if (age > 0) return 'newer';
  return age === 0 && current.sha256 === own.sha256 ? 'present' : 'publish';
}
