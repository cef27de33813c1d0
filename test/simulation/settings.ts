/** A seed's settings say how large, how slow and how unreliable the world is, before anything happens. */
import type { Fate } from './models/behaviour.js';
import type { Random } from './random.js';

export interface Settings {
  /** The share of requests, and of replies, that are lost. */
  readonly lossShare: number;
  /** The share of messages that are delivered twice. */
  readonly duplicateShare: number;
  /** The shares of messages that are lost and doubled when they are sent. */
  readonly sendLostShare: number;
  readonly sendTwiceShare: number;
  readonly describeLagMs: number;
  readonly countsLagMs: number;
  /** The fleet notices late that an instance has ended. */
  readonly isFleetSlow: boolean;
  /** How far the clocks of workers may be off. */
  readonly skewsMs: readonly number[];
  readonly leaseSeconds: number;
  readonly maxWorkers: number;
  readonly maxIdleMs: number;
  /** Faults happen in the first so many milliseconds. */
  readonly chaosMs: number;
  readonly faults: number;
  /** The fates that no item of a drawn model has. */
  readonly withoutFates: readonly Fate[];
  readonly controllers: readonly { readonly passMs: number }[];
}

const SECOND_MS = 1_000;

export function settingsOf(random: Random): Settings {
  const chaosMs = random.int(40, 400) * SECOND_MS;
  return {
    lossShare: random.pick([0, 0, 0.01, 0.05]),
    duplicateShare: random.pick([0, 0, 0.1]),
    sendLostShare: random.pick([0, 0.03]),
    sendTwiceShare: random.pick([0, 0.05]),
    describeLagMs: random.pick([0, 3 * SECOND_MS, 20 * SECOND_MS]),
    countsLagMs: random.pick([0, 5 * SECOND_MS, 60 * SECOND_MS]),
    isFleetSlow: random.chance(0.5),
    skewsMs: random.pick<readonly number[]>([[0], [0, 500, -700], [0, 30_000, -30_000]]),
    leaseSeconds: random.pick([15, 30]),
    maxWorkers: random.int(1, 6),
    maxIdleMs: random.pick([100, 300]) * SECOND_MS,
    chaosMs,
    faults: Math.ceil((chaosMs / (10 * SECOND_MS)) * random.pick([0.3, 1])),
    withoutFates: [],
    controllers: random.pick<Settings['controllers']>([
      [{ passMs: 2 * SECOND_MS }],
      [{ passMs: 60 * SECOND_MS }],
      [{ passMs: 2 * SECOND_MS }, { passMs: 60 * SECOND_MS }],
      [{ passMs: SECOND_MS }, { passMs: 2 * SECOND_MS }],
    ]),
  };
}

/** The services deliver once, in time and by one clock. */
export const CALM_SERVICES = {
  duplicateShare: 0,
  sendLostShare: 0,
  sendTwiceShare: 0,
  describeLagMs: 0,
  countsLagMs: 0,
  isFleetSlow: false,
  skewsMs: [0],
} as const satisfies Partial<Settings>;
