/** What the worker reads from the bucket and others have written: of another shape it is as good as missing, and never an error (R13). */
import type { ExitTicket, FleetState } from '../../core/fleet-state.js';
import type { DoneMark, Manifest } from '../../core/job.js';

type Fields = Readonly<Record<string, unknown>>;

const DONE_STATES: ReadonlySet<unknown> = new Set(['complete', 'failed', 'cancelled']);
/** As many as a fleet can have: more is no count of exits. */
const MOST_GRANTS = 100_000;

export function readFleetState(body: Uint8Array): FleetState | undefined {
  const { generation, grants, jobs, target } = fieldsOf(body);
  if (![generation, grants, target].every(isCount) || (grants as number) > MOST_GRANTS) return undefined;
  if (!Array.isArray(jobs) || !jobs.every((job) => typeof job === 'string')) return undefined;
  return fieldsOf(body) as unknown as FleetState;
}

export function readExitTicket(body: Uint8Array): ExitTicket | undefined {
  const { instance } = fieldsOf(body);
  return typeof instance === 'string' ? (fieldsOf(body) as unknown as ExitTicket) : undefined;
}

export function readDoneMark(body: Uint8Array): DoneMark | undefined {
  return DONE_STATES.has(fieldsOf(body)['state']) ? (fieldsOf(body) as unknown as DoneMark) : undefined;
}

export function readManifest(body: Uint8Array): Manifest | undefined {
  const fields = fieldsOf(body);
  const { job, dataset, model, options } = fields;
  if (typeof job !== 'string' || ![dataset, model, options].every(isRecord)) return undefined;
  return fields as unknown as Manifest;
}

function fieldsOf(body: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
