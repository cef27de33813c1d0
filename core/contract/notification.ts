/**
 * The notification of a job's end, as it is posted to an address (docs/how-to/notifications.md). `npm run docs` publishes its schema. The names `type` and
 * `timestamp` are those that Standard Webhooks recommends for a body: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * Invariants:
 * - Its size is bounded, and it names no item and no output.
 * - A number that nobody measured is absent. It is never 0.
 * - A reader ignores fields that it does not know. A field that changes its meaning needs another `version`.
 */
import type { EndState } from './ends.js';

export interface JobNotification {
  readonly version: 1;
  readonly type: 'job.ended';
  /** The same for every try and every sender: of the job's manifest and the number of its end. A receiver that sees it again has the notification already. */
  readonly id: string;
  /** The time at which the job ended. */
  readonly timestamp: string;
  /** When this try was sent. */
  readonly sentAt: string;
  readonly stack: string;
  readonly job: string;
  /** The name that the user gave the job. */
  readonly name?: string;
  readonly state: EndState;
  /** The job is complete, no batch was given up, and no more items failed than `--max-failed` allows. */
  readonly success: boolean;
  /** The number of the end in the job's list of ends and resumes. It is more than 1 when the job was resumed. */
  readonly end: number;
  /** The reason of the end, in words for people. */
  readonly reason: string;
  readonly dataset: string;
  readonly model: string;
  readonly createdBy: string;
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly batches: { readonly total: number; readonly done: number; readonly givenUp: number };
  /** The three most frequent error codes, as far as they were counted when the job ended. */
  readonly errors: readonly { readonly code: string; readonly count: number }[];
  /** From the submit to the end. */
  readonly seconds: number;
  readonly instances: number;
  /** The cost of the instances until the end. A price that is not known leaves its sum out. */
  readonly cost: { readonly spotDollars?: number; readonly onDemandDollars?: number };
  /** The next step, with its command. Absent when there is none. */
  readonly next?: string;
  /** All of this for people, on a few lines. */
  readonly text: string;
}

/** The facts about an end are the same whenever they are sent. */
export type EndFacts = Omit<JobNotification, 'sentAt'>;
