/** The troubles of a fleet that a person should know of, each as a sentence; undefined while there is none. */
import type { TeardownMark } from '../../../core/contract/fleet-state.js';
import { reportableShortageMs, type Shortage } from '../../../core/pool/shortage.js';
import type { SilentWorker } from '../../../core/pool/silent-workers.js';
import type { FleetDescription, FleetInstance } from '../../ports.js';

/** The time that is granted after an instance's longest life: the system's own ten minutes (its boot script arms the power-off), a shutdown, and EC2's lag. */
const GRACE_MS = 20 * 60_000;
/** A longer list of ids helps nobody. */
const SHOWN_INSTANCES = 10;

export const goneTrouble = ({ state }: FleetDescription): string | undefined =>
  state === 'deleted' || state === 'failed' ? `The fleet is ${state}: deploy the stack again.` : undefined;

export const replacedTrouble = ({ insteadOf }: FleetDescription): string | undefined =>
  insteadOf && fleetReplacedSentence(insteadOf);

export const fleetReplacedSentence = ({ named, found }: NonNullable<FleetDescription['insteadOf']>): string =>
  `The fleet ${named} is gone. The fleet ${found} has the stack's tag and is used instead. ` +
  "Update the stack's outputs, for example the cdk-outputs.json of the last deploy.";

export const teardownTrouble = (mark: TeardownMark | undefined): string | undefined =>
  mark && `The stack is being torn down by ${mark.by}: the fleet is not raised any more.`;

export function shortageTrouble(
  shortage: Shortage,
  { live, target, nowMs }: { readonly live: number; readonly target: number; readonly nowMs: number },
): string | undefined {
  const lastedMs = reportableShortageMs(shortage, nowMs);
  if (lastedMs === undefined) return undefined;
  return (
    `Spot capacity is short: ${live} of ${target} instances for ${Math.round(lastedMs / 1000)} s. ` +
    'The job goes on with these; more instance types or zones in the stack would help.'
  );
}

/**
 * Instances should end themselves: the worker at its longest life, the operating system ten minutes later. The controller does not end those that stay:
 * it has no permission to (least privilege), and a person should look at the cause.
 */
export function overdueTrouble(
  live: readonly FleetInstance[],
  { maxLifeMs = Infinity, nowMs }: { readonly maxLifeMs: number | undefined; readonly nowMs: number },
): string | undefined {
  const overdue = live.filter(({ launchedAtMs }) => nowMs - launchedAtMs > maxLifeMs + GRACE_MS);
  if (overdue.length === 0) return undefined;
  const ids = overdue.map(({ instance }) => instance).slice(0, SHOWN_INSTANCES);
  const hours = Math.round(maxLifeMs / 360_000) / 10;
  return (
    `${overdue.length === 1 ? '1 instance is' : `${overdue.length} instances are`} past the longest life of ${hours} hours and should have ended. ` +
    `Look at why, and end them: aws ec2 terminate-instances --instance-ids ${ids.join(' ')}`
  );
}

/** A worker that was cut off from S3 looks the same from here, so the sentence says no more than is known. */
export function silentTrouble(silent: readonly SilentWorker[]): string | undefined {
  const [first] = silent;
  if (first === undefined) return undefined;
  const ids = silent.map(({ instance }) => instance).slice(0, SHOWN_INSTANCES);
  const who =
    silent.length === 1
      ? `The worker on ${first.instance} hangs or is cut off`
      : `${silent.length} workers hang or are cut off (${ids.join(', ')})`;
  return (
    `${who}: no sign of life for ${Math.round(first.silentForMs / 60_000)} minutes, though EC2 shows the instance running. ` +
    'Its batches go to others when their leases run out. An instance kills its own worker when that hangs.'
  );
}
