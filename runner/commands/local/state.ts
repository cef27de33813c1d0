/** Reads the state of the local cloud that is up, and the work that it runs. */
import { definedFields } from '../../../core/defined-fields.js';
import type { CliContext } from '../../cli/context.js';
import type { LocalState } from '../../local-cloud/state-file.js';
import { readFleetView } from '../../status/fleet-view.js';
import { listJobs } from '../../status/job-status.js';
import { hasEnded } from '../../status/job-state.js';

/** The work is shown only when the cloud answers within this time, because `local down` must not hang on a cloud that does not answer. */
const ANSWER_WITHIN_MS = 5_000;

/** `local up --json` prints this, and `--stack` reads it. */
export function publicState(state: LocalState): Record<string, unknown> {
  const { credentials, startedAt: _startedAt, log: _log, data: _data, ...config } = state;
  // The SDK's clients add a field of their own to the credentials that they are given.
  const { accessKeyId, secretAccessKey } = credentials;
  return { ...config, accessKeyId, secretAccessKey };
}

/** The facts about the local cloud that are no part of its stack. */
export const placeOf = ({ startedAt, log, data }: LocalState): Readonly<Record<string, unknown>> => ({
  startedAt,
  log,
  ...definedFields({ data }),
});

export interface RunningWork {
  readonly jobs: readonly { readonly job: string; readonly batchesLeft: number }[];
  readonly instances: number;
}

/** Resolves with undefined when the cloud does not answer. */
export async function readRunningWork(context: CliContext, state: LocalState): Promise<RunningWork | undefined> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  try {
    const ports = context.connect(state);
    const [jobs, fleet] = await Promise.all([listJobs(ports.store, signal), readFleetView(ports, signal)]);
    return {
      jobs: jobs
        .filter((job) => !hasEnded(job))
        .map(({ job, batches }) => ({ job, batchesLeft: batches.total - batches.done })),
      instances: fleet.instances.filter(({ standing }) => standing !== undefined).length,
    };
  } catch {
    return undefined;
  }
}
