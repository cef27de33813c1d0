/** Builds the record of a job as it is now, for the views of it. */
import type { JobRecord } from '../../core/record/job-record.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { buildRecord } from '../record/build-record.js';

export const readRecord = (
  { clock }: Pick<CliContext, 'clock'>,
  ports: StackPorts,
  job: string,
  signal: AbortSignal,
): Promise<JobRecord> => buildRecord(ports, job, { nowMs: clock.nowMs(), signal });
