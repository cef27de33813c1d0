/** The data that a page is made from. It stands in the page as JSON, and a live page gets more of it by server-sent events. Pure. */
import type { JobState } from '../../core/contract/job.js';
import type { JobRecord } from '../../core/record/job-record.js';

/** A line in the list of all jobs. */
export interface ListedJob {
  readonly job: string;
  readonly name?: string;
  readonly state: JobState;
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly createdAt: string;
  readonly createdBy: string;
  readonly model: string;
  readonly dataset: string;
}

export type PageData =
  /** The record of one job. With `live` the page asks for newer ones. */
  | { readonly view: 'job'; readonly job: string; readonly live: boolean; readonly record?: JobRecord }
  /** All jobs of a stack; absent before they were read. Such a page is always live. */
  | { readonly view: 'jobs'; readonly stack: string; readonly jobs?: readonly ListedJob[] };

/** The names of the events of a live page, which its server and its script share. */
export const LIVE_EVENTS = {
  /** Its data is a PageData. */
  data: 'data',
  /** Its data is a sentence: the last look failed, and another one follows. */
  trouble: 'trouble',
  /** Its data is a sentence: nothing more will come. */
  over: 'over',
} as const;

/** A live page gets its events from this address, below its own. */
export const EVENTS_PATH = 'events';
/** A page that lists jobs has the page of a job at this path, followed by the job's id. */
export const JOBS_PATH = 'job';

/** The ids of the elements by which a page and its script find each other. */
export const DATA_ELEMENT = 'spotpool-data';
export const ROOT_ELEMENT = 'spotpool';

/** Checks what the script reads from its page. The rest was made by the same version of spotpool. */
export function isPageData(value: unknown): value is PageData {
  if (typeof value !== 'object' || value === null || !('view' in value)) return false;
  if (value.view === 'jobs') return !('jobs' in value) || Array.isArray(value.jobs);
  if (value.view !== 'job') return false;
  const record: unknown = 'record' in value ? value.record : undefined;
  return record === undefined || (typeof record === 'object' && record !== null && 'version' in record);
}
