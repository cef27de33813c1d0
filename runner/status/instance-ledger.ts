/**
 * Keeps a ledger of the instances: from when to when each ran, and whether AWS took it. It is built from fleet descriptions, because EC2 forgets an ended
 * instance within the hour. An instance's end is the time of the first description that no longer shows it live, so times are exact to one look.
 */
import type { InstanceUse } from '../../core/pool/cost.js';
import type { FleetDescription, FleetInstance } from '../ports.js';

export interface LedgerEntry {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly launchedAtMs: number;
  readonly endedAtMs?: number;
  readonly reclaimed: boolean;
}

export type LedgerChange = { readonly kind: 'launched' | 'ended' | 'reclaimed'; readonly entry: LedgerEntry };

export class InstanceLedger {
  readonly #entries = new Map<string, LedgerEntry>();

  readonly #sinceMs: number;

  /** `sinceMs` is the start of the run. Instances that ended earlier are left out; the time of those that ran already counts from then on. */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  observe(description: FleetDescription, atMs: number): readonly LedgerChange[] {
    const changes: LedgerChange[] = [];
    const shown = new Set<string>();
    for (const instance of description.instances) {
      shown.add(instance.instance);
      const before = this.#entries.get(instance.instance);
      const after = entryOf(instance, before, atMs);
      if (after === undefined) continue;
      this.#entries.set(after.instance, after);
      if (before === undefined && after.launchedAtMs >= this.#sinceMs) changes.push({ kind: 'launched', entry: after });
      if (after.reclaimed && before?.reclaimed !== true) changes.push({ kind: 'reclaimed', entry: after });
      else if (after.endedAtMs !== undefined && before?.endedAtMs === undefined) {
        changes.push({ kind: 'ended', entry: after });
      }
    }
    for (const before of this.#entries.values()) {
      if (shown.has(before.instance) || before.endedAtMs !== undefined) continue;
      const entry = { ...before, endedAtMs: atMs };
      this.#entries.set(entry.instance, entry);
      changes.push({ kind: 'ended', entry });
    }
    return changes;
  }

  all(): readonly LedgerEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.launchedAtMs - b.launchedAtMs);
  }

  reclaims(): number {
    return this.all().filter(({ reclaimed }) => reclaimed).length;
  }

  /** Returns the time that each instance was on since the run began, up to its end or `nowMs`. */
  uses(nowMs: number): readonly InstanceUse[] {
    return this.all().map(({ instance, instanceType, zone, launchedAtMs, endedAtMs = nowMs, reclaimed }) => ({
      instance,
      instanceType,
      zone,
      seconds: Math.max(0, endedAtMs - Math.max(launchedAtMs, this.#sinceMs)) / 1000,
      reclaimed,
      lifeSeconds: Math.max(0, endedAtMs - launchedAtMs) / 1000,
    }));
  }
}

/** Returns undefined for an instance that had ended when the ledger was opened. */
function entryOf(seen: FleetInstance, before: LedgerEntry | undefined, atMs: number): LedgerEntry | undefined {
  const live = seen.state === 'pending' || seen.state === 'running';
  if (!live && before === undefined) return undefined;
  const { instance, instanceType, zone, launchedAtMs } = seen;
  return {
    instance,
    instanceType,
    zone,
    launchedAtMs,
    reclaimed: seen.reclaimed || before?.reclaimed === true,
    ...(live ? {} : { endedAtMs: before?.endedAtMs ?? atMs }),
  };
}
