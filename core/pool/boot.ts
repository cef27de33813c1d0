/**
 * R10: instances on which the worker never comes up (a broken user data, bundle or image) would be replaced for ever, since a fleet
 * keeps its target: after a few in a row, the jobs that wait for them fail.
 */
import type { JobEnd } from './completion.js';

/** As many as for a model that cannot be loaded: so many in a row are not bad luck any more. */
const BOOT_FAILURES = 3;

export interface BootedInstance {
  readonly instance: string;
  readonly launchedAtMs: number;
}

export interface BootHistory {
  /** Those that ended, not by a reclaim, before their worker had written a status. */
  readonly failed: readonly BootedInstance[];
  /** Launch of the latest instance whose worker came up; undefined when none has. */
  readonly lastUpAtMs: number | undefined;
}

/** Counted are the launches since the job began and since a worker last came up. */
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
