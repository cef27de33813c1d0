/** What an action of the scheduler's API is: one file each in actions/, found by method and path in routes.ts. */
import type { Schedules } from './schedules.js';

export interface ActionContext {
  readonly schedules: Schedules;
  /** From the path; empty where the path has none. */
  readonly name: string;
  readonly parameters: URLSearchParams;
  /** The parsed body; an empty object when there is none. */
  readonly body: unknown;
}

export type Action = (context: ActionContext) => Readonly<Record<string, unknown>>;
