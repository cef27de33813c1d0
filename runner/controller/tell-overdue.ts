/**
 * Tells of instances that should have ended themselves long ago: the worker at its longest life, the operating system ten minutes later. The
 * controller ends none itself: it may not (least privilege), and what is wrong there wants a person's look.
 */
import type { FleetInstance } from '../ports.js';
import type { PassEvents } from './pass-events.js';

/** The system's own ten minutes (its boot script arms the power-off), a shutdown, and EC2's lag. */
const GRACE_MS = 20 * 60_000;
/** More ids tell nothing more. */
const SHOWN_INSTANCES = 10;

export function tellOverdue(
  live: readonly FleetInstance[],
  { maxLifeMs = Infinity, nowMs }: { readonly maxLifeMs: number | undefined; readonly nowMs: number },
  events: PassEvents,
): void {
  const overdue = live.filter(({ launchedAtMs }) => nowMs - launchedAtMs > maxLifeMs + GRACE_MS);
  events.trouble('instance-overdue', overdue.length > 0, () => {
    const ids = overdue.map(({ instance }) => instance).slice(0, SHOWN_INSTANCES);
    const hours = Math.round(maxLifeMs / 360_000) / 10;
    return (
      `${overdue.length} instances are older than the ${hours} hours that they may live, and should have ended themselves. ` +
      `Look at them, and end them: aws ec2 terminate-instances --instance-ids ${ids.join(' ')}`
    );
  });
}
