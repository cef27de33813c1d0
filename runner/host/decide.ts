/**
 * What a host does next, from what EC2 shows and what runs here. Pure.
 *
 * Invariants:
 * - Processes are started for a running instance that has none, and for nothing else; an instance whose worker ended never gets another,
 *   unless EC2 showed it stopped or gone in between.
 * - An instance that EC2 ended (a reclaim, seen from its worker) has its notice before its end, if notices are wanted; once.
 * - An instance whose worker ended gets no notice: it is terminated in EC2, until EC2 shows it.
 */
import type { SeenInstance } from './ports.js';

/**
 * `up`: its processes run. `noticed`: EC2 has ended it, and its processes run until the notice is over. `ending`: they are being ended.
 * `ended`: none is left.
 */
export type HostedPhase = 'up' | 'noticed' | 'ending' | 'ended';

export interface HostedInstance {
  readonly instance: string;
  readonly phase: HostedPhase;
  /** When the notice is over; of `noticed` ones. */
  readonly takenAtMs?: number | undefined;
}

export type HostAction =
  | { readonly kind: 'start'; readonly seen: SeenInstance }
  | { readonly kind: 'notice'; readonly instance: string; readonly takenAtMs: number }
  | { readonly kind: 'end'; readonly instance: string; readonly how: 'terminated' | 'taken' }
  /** In EC2. */
  | { readonly kind: 'terminate'; readonly instance: string }
  | { readonly kind: 'forget'; readonly instance: string };

export interface HostLook {
  /** Undefined when EC2 did not answer: nothing is begun then, but a notice that is over is over. */
  readonly seen: readonly SeenInstance[] | undefined;
  readonly hosted: readonly HostedInstance[];
  readonly nowMs: number;
  /** 0: an instance that EC2 ends has no notice. */
  readonly noticeMs: number;
  /** Instances that may have processes at once; those over it wait. */
  readonly most: number;
}

export function decideHosting(look: HostLook): readonly HostAction[] {
  if (look.seen === undefined) {
    const noticed = look.hosted.filter(({ phase }) => phase === 'noticed');
    return noticed.map((hosted) => nextOf(hosted, undefined, look)).filter((action) => action !== undefined);
  }
  const known = new Set(look.hosted.map(({ instance }) => instance));
  const seen = new Map(look.seen.map((instance) => [instance.instance, instance]));
  const places = look.most - look.hosted.filter(({ phase }) => phase !== 'ended').length;
  const starts = look.seen
    .filter(({ instance, state }) => state === 'running' && !known.has(instance))
    .slice(0, Math.max(0, places))
    .map((instance): HostAction => ({ kind: 'start', seen: instance }));
  const others = look.hosted.map((hosted) => nextOf(hosted, seen.get(hosted.instance)?.state, look));
  return [...others.filter((action) => action !== undefined), ...starts];
}

function nextOf(
  { instance, phase, takenAtMs }: HostedInstance,
  state: SeenInstance['state'] | undefined,
  { nowMs, noticeMs }: HostLook,
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
