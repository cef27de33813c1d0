/** Sums up how instances get a job's model ready: the present steps, and how long each step took. */
import type { ModelPhase, WorkerEvent } from '../../core/contract/events.js';
import type { PhaseTime, PreparedStatus, PreparingStatus } from '../../core/contract/fleet-state.js';
import { definedFields } from '../../core/defined-fields.js';
import type { PreparingView } from '../display/views.js';

export interface PhaseView {
  readonly phase: ModelPhase;
  /** The number of workers that did this step. */
  readonly workers: number;
  readonly medianMs: number;
  readonly longestMs: number;
  /** The most that a worker fetched or installed. */
  readonly bytes?: number;
}

/** The order in which an instance goes through them. */
export const PHASES: readonly ModelPhase[] = ['boot', 'fetch', 'environment', 'weights', 'setup', 'load'];

/** Returns the groups of instances that do the same, the largest first. */
export function groupPreparing(statuses: Iterable<PreparingStatus>, job: string): readonly PreparingView[] {
  const groups = new Map<string, PreparingView>();
  for (const { job: of, phase, doing, since } of statuses) {
    if (of !== job) continue;
    const key = JSON.stringify([phase, doing]);
    const known = groups.get(key);
    const earliest = known === undefined || since < known.since ? since : known.since;
    groups.set(key, { phase, doing, instances: (known?.instances ?? 0) + 1, since: earliest });
  }
  return [...groups.values()].sort((a, b) => b.instances - a.instances);
}

/** The steps of each worker, in the order of the steps. */
export function groupPhases(workers: readonly (readonly PhaseTime[])[]): readonly PhaseView[] {
  return PHASES.flatMap((phase) => {
    const times = workers.flatMap((phases) => phases.filter((time) => time.phase === phase));
    const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
    const [medianMs, longestMs] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
    if (medianMs === undefined || longestMs === undefined) return [];
    const sizes = times.flatMap(({ bytes }) => bytes ?? []);
    const bytes = sizes.length === 0 ? undefined : sizes.reduce((most, size) => Math.max(most, size));
    return [{ phase, workers: sorted.length, medianMs, longestMs, ...definedFields({ bytes }) }];
  });
}

/** The steps that live workers report for the job. */
export const phasesOf = (statuses: Iterable<PreparedStatus>, job: string): readonly (readonly PhaseTime[])[] =>
  [...statuses].filter((prepared) => prepared.job === job).map(({ phases }) => phases);

/** The steps of each worker by instance; it includes workers that have ended. */
export type ReportedPhases = Readonly<Record<string, readonly PhaseTime[]>>;

export function addPhase(reported: ReportedPhases, event: WorkerEvent): ReportedPhases {
  const time = timeOf(event);
  if (time === undefined) return reported;
  const before = reported[event.instance] ?? [];
  // Later slots load the model while the first one works.
  if (time.phase === 'load' && before.some(({ phase }) => phase === 'load')) return reported;
  return { ...reported, [event.instance]: [...before, time] };
}

function timeOf(event: WorkerEvent): PhaseTime | undefined {
  if (event.code === 'model-ready') return { phase: 'load', ms: event.loadMs };
  if (event.code !== 'model-phase') return undefined;
  const { phase, ms, bytes } = event;
  return { phase, ms, ...definedFields({ bytes }) };
}
