/**
 * R10: instances on which the worker never comes up (because of broken user data, a broken bundle or image) would be replaced for ever, since a fleet
 * keeps its target. After a few in a row, the jobs that wait for them fail.
 */
import type { JobEnd } from './completion.js';

/** This many failures in a row are not chance; the number is the same as for a model that cannot be loaded. */
const BOOT_FAILURES = 3;

export interface BootedInstance {
  readonly instance: string;
  readonly launchedAtMs: number;
}

export interface BootHistory {
  /** Instances that ended, not by a reclaim, before their worker had written a status. */
  readonly failed: readonly BootedInstance[];
  /** The launch of the latest instance whose worker came up; undefined when no worker has. */
  readonly lastUpAtMs: number | undefined;
}

/** Counts the launches since the job began and since a worker last came up. */
export function decideBootFailure(history: BootHistory, jobBeganAtMs: number): JobEnd | undefined {
  const sinceMs = Math.max(jobBeganAtMs, history.lastUpAtMs ?? -Infinity);
  const inARow = history.failed.filter(({ launchedAtMs }) => launchedAtMs > sinceMs);
  if (inARow.length < BOOT_FAILURES) return undefined;
  const names = inARow.slice(0, BOOT_FAILURES).map(({ instance }) => instance);
  return {
    state: 'failed',
    reason:
      `${inARow.length} instances in a row ended before their worker came up (${names.join(', ')}): ` +
      'their console output says why (aws ec2 get-console-output), and deploying the stack again may mend it.',
  };
}
