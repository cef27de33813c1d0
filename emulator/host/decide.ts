/**
 * Decides what a host does next, from the instances that EC2 shows and those that run here. Pure.
 *
 * Invariants:
 * - Only a running instance without processes gets processes. An instance whose worker ended never gets others, unless EC2 showed it
 *   stopped or gone in between.
 * - With notices switched on, an instance that EC2 ended (its worker sees a reclaim) gets exactly one notice, before its end.
 * - An instance whose worker ended gets no notice. It is terminated in EC2, repeatedly, until EC2 shows its end.
 */
import type { SeenInstance } from './ports.js';

/**
 * - `up`: the processes run.
 * - `noticed`: EC2 has ended the instance, and the processes run until the notice is over.
 * - `ending`: the processes are being ended.
 * - `ended`: no process is left.
 */
export type HostedPhase = 'up' | 'noticed' | 'ending' | 'ended';

export interface HostedInstance {
  readonly instance: string;
  readonly phase: HostedPhase;
  /** The end of the notice, in phase `noticed`. */
  readonly takenAtMs?: number | undefined;
}

export type HostAction =
  | { readonly kind: 'start'; readonly seen: SeenInstance }
  | { readonly kind: 'notice'; readonly instance: string; readonly takenAtMs: number }
  | { readonly kind: 'end'; readonly instance: string; readonly how: 'terminated' | 'taken' }
  /** Terminates the instance in EC2. */
  | { readonly kind: 'terminate'; readonly instance: string }
  | { readonly kind: 'forget'; readonly instance: string };

export interface HostObservation {
  /** Undefined when EC2 did not answer. Nothing new is begun then, but a notice still ends on time. */
  readonly seen: readonly SeenInstance[] | undefined;
  readonly hosted: readonly HostedInstance[];
  readonly nowMs: number;
  /** How long an instance that EC2 ended keeps running. 0 ends it at once, without a notice. */
  readonly noticeMs: number;
  /** How many instances may have processes at the same time. The others wait. */
  readonly maxInstances: number;
}

export function decideHosting(observation: HostObservation): readonly HostAction[] {
  if (observation.seen === undefined) {
    const noticed = observation.hosted.filter(({ phase }) => phase === 'noticed');
    return noticed
      .map((hosted) => nextActionFor(hosted, undefined, observation))
      .filter((action) => action !== undefined);
  }
  const known = new Set(observation.hosted.map(({ instance }) => instance));
  const seen = new Map(observation.seen.map((instance) => [instance.instance, instance]));
  const places = observation.maxInstances - observation.hosted.filter(({ phase }) => phase !== 'ended').length;
  const starts = observation.seen
    .filter(({ instance, state }) => state === 'running' && !known.has(instance))
    .slice(0, Math.max(0, places))
    .map((instance): HostAction => ({ kind: 'start', seen: instance }));
  const others = observation.hosted.map((hosted) =>
    nextActionFor(hosted, seen.get(hosted.instance)?.state, observation),
  );
  return [...others.filter((action) => action !== undefined), ...starts];
}

function nextActionFor(
  { instance, phase, takenAtMs }: HostedInstance,
  state: SeenInstance['state'] | undefined,
  { nowMs, noticeMs }: HostObservation,
): HostAction | undefined {
  const isLive = state === 'pending' || state === 'running';
  switch (phase) {
    case 'up':
      if (isLive) return undefined;
      return noticeMs > 0
        ? { kind: 'notice', instance, takenAtMs: nowMs + noticeMs }
        : { kind: 'end', instance, how: 'terminated' };
    case 'noticed':
      return takenAtMs === undefined || nowMs >= takenAtMs ? { kind: 'end', instance, how: 'taken' } : undefined;
    case 'ending':
      return undefined;
    case 'ended':
      return isLive ? { kind: 'terminate', instance } : { kind: 'forget', instance };
  }
}
