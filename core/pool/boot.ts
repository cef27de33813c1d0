/**
 * R10: instances on which the worker never comes up (because of broken user data, a broken bundle or image) would be replaced for ever, since a fleet
 * keeps its target. After a few in a row, the jobs that wait for them fail.
 *
 * A worker that comes up and is cut off from the queue and the bucket writes no status either, and ends its instance after its maximum idle time. Such an
 * instance counts for nothing: the outage is not the job's fault, and the job waits. What tells the two apart:
 * - A boot that failed leaves its log in the bucket, and so does a worker that crashes. Then the bucket could be reached.
 * - A boot that leaves nothing failed when its instance lived for less than a worker's maximum idle time. Another one may have been cut off.
 */
import type { JobEnd } from './completion.js';

/** This many failures in a row are not chance; the number is the same as for a model that cannot be loaded. */
const BOOT_FAILURES = 3;
/** The least maximum idle time that a stack on AWS may have; the time of a stack that does not say its own. */
const LEAST_IDLE_MS = 60_000;

export interface BootedInstance {
  readonly instance: string;
  readonly launchedAtMs: number;
}

/** An instance that ended, not by a reclaim, before its worker had written a status. */
export interface SilentInstance extends BootedInstance {
  /** Its boot script failed or its worker crashed, and left a log in the bucket. */
  readonly hasFailureLog: boolean;
  /** The instance was first seen ended so long after its launch. */
  readonly livedAtMostMs: number;
}

export interface BootHistory {
  readonly silent: readonly SilentInstance[];
  /** The launch of the latest instance whose worker came up; undefined when no worker has. */
  readonly lastUpAtMs: number | undefined;
}

interface BootScope {
  /** When the job began, or was resumed. */
  readonly sinceMs: number;
  readonly maxIdleMs?: number | undefined;
}

const hasFailed = ({ hasFailureLog, livedAtMostMs }: SilentInstance, maxIdleMs = LEAST_IDLE_MS): boolean =>
  hasFailureLog || livedAtMostMs < maxIdleMs;

/** Returns the launches since the job began and since a worker last came up. */
function inARow({ silent, lastUpAtMs }: BootHistory, { sinceMs }: BootScope): readonly SilentInstance[] {
  const fromMs = Math.max(sinceMs, lastUpAtMs ?? -Infinity);
  return silent.filter(({ launchedAtMs }) => launchedAtMs > fromMs);
}

const namesOf = (instances: readonly BootedInstance[]): string =>
  instances
    .slice(0, BOOT_FAILURES)
    .map(({ instance }) => instance)
    .join(', ');

export function decideBootFailure(history: BootHistory, scope: BootScope): JobEnd | undefined {
  const failed = inARow(history, scope).filter((seen) => hasFailed(seen, scope.maxIdleMs));
  if (failed.length < BOOT_FAILURES) return undefined;
  return {
    state: 'failed',
    reason:
      `${failed.length} instances in a row ended before their worker came up (${namesOf(failed)}): ` +
      'their console output says why (aws ec2 get-console-output), and deploying the stack again may mend it.',
  };
}

/** Returns the sentence for people when several instances in a row may have been cut off. Nothing else tells them why nothing is computed. */
export function cutOffTrouble(history: BootHistory, scope: BootScope): string | undefined {
  const cutOff = inARow(history, scope).filter((seen) => !hasFailed(seen, scope.maxIdleMs));
  if (cutOff.length < BOOT_FAILURES) return undefined;
  return (
    `${cutOff.length} instances ended without a word in the bucket (${namesOf(cutOff)}). They may have been cut off from S3 and SQS. ` +
    'The job waits. Check whether the instances can reach S3 and SQS (subnets, endpoints, security groups), and whether AWS reports an outage.'
  );
}
