/** An action of the scheduler's API. Each has its own file in actions/; routes.ts finds it by method and path. */
import type { Schedules } from './schedules.js';

export interface ActionContext {
  readonly schedules: Schedules;
  /** The schedule's name from the path; empty if the path has none. */
  readonly name: string;
  readonly parameters: URLSearchParams;
  /** The parsed body; an empty object if there is none. */
  readonly body: unknown;
}

export type Action = (context: ActionContext) => Readonly<Record<string, unknown>>;
