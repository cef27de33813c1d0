/** Whether Spot gives fewer instances than the fleet wants, and for how long it has. */

/** Fewer instances than wanted for this long is the market's answer. Before that, instances may still be booting. */
const SHORTAGE_MS = 60_000;

export type Shortage = { readonly kind: 'none' } | { readonly kind: 'short'; readonly sinceMs: number };

export const NOT_SHORT: Shortage = { kind: 'none' };

export interface CapacityView {
  /** The target that the controller decided on. */
  readonly desiredTarget: number;
  /** The target that the fleet shows. */
  readonly shownTarget: number;
  /** The number of pending and running instances. */
  readonly live: number;
}

/** A target that the fleet does not show yet is no shortage. */
export const isShort = ({ desiredTarget, shownTarget, live }: CapacityView): boolean =>
  desiredTarget > 0 && live < Math.min(desiredTarget, shownTarget);

export function shortageAfter(
  before: Shortage,
  { isShort: short, atMs }: { readonly isShort: boolean; readonly atMs: number },
): Shortage {
  if (!short) return NOT_SHORT;
  return before.kind === 'short' ? before : { kind: 'short', sinceMs: atMs };
}

/** Returns how long the shortage has lasted, once that is long enough to report it. */
export function reportableShortageMs(shortage: Shortage, nowMs: number): number | undefined {
  if (shortage.kind === 'none') return undefined;
  const lastedMs = nowMs - shortage.sinceMs;
  return lastedMs >= SHORTAGE_MS ? lastedMs : undefined;
}
