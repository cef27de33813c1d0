/**
 * Runs passes of the controller until nothing moves, as the stack's function does when it is woken each minute and at events. While there is plenty of
 * work, one pass is enough. While the fleet follows the end of a job, or a change of target is under way, the next pass must not wait for the next
 * minute, since idle instances cost money.
 */
import { controlUntil } from './control-until.js';
import type { ControllerOptions, ControllerPorts } from './ports.js';
import type { PassReport } from './report.js';

export interface StillOptions extends ControllerOptions {
  readonly passMs?: number;
  /** After so long it ends all the same: the next invocation goes on. */
  readonly longestMs: number;
  readonly onReport?: (report: PassReport) => void | Promise<void>;
  readonly onTrouble?: (error: unknown) => void;
}

export async function controlUntilStill(
  ports: ControllerPorts,
  options: StillOptions,
  signal: AbortSignal,
): Promise<PassReport> {
  const endMs = ports.clock.nowMs() + options.longestMs;
  return await controlUntil(
    ports,
    { ...options, until: (report) => isStill(report) || ports.clock.nowMs() >= endMs },
    signal,
  );
}

/** An idle worker is about to change: at the end of a job it will be granted an exit, before that it will get a batch. */
export function isStill({ fleet, description, state, events, awaitsTarget, parked }: PassReport): boolean {
  if (parked) return true;
  const shown = description.state === 'active' && state?.target === description.target && !awaitsTarget;
  const settled = shown && events.length === 0;
  return settled && fleet.idle === 0 && fleet.draining === 0;
}
