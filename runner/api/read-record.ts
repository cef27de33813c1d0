/** Builds the record of a job as it is now, for the views of it. */
import type { JobRecord } from '../../core/record/job-record.js';
import type { StackPorts } from '../cli/context.js';
import { definedFields } from '../../core/defined-fields.js';
import { buildRecord, type RecordMemory } from '../record/build-record.js';
import type { World } from './world.js';

export const readRecord = (
  { clock }: Pick<World, 'clock'>,
  ports: StackPorts,
  job: string,
  signal: AbortSignal,
  memory?: RecordMemory,
): Promise<JobRecord> => buildRecord(ports, job, { nowMs: clock.nowMs(), signal, ...definedFields({ memory }) });
