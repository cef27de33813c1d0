/** The actions that are served, by method and path. Any other is an unknown operation. */
import type { Action } from './action.js';
import { createSchedule } from './actions/create-schedule.js';
import { deleteSchedule } from './actions/delete-schedule.js';
import { getSchedule } from './actions/get-schedule.js';
import { listSchedules } from './actions/list-schedules.js';
import { updateSchedule } from './actions/update-schedule.js';
import { SchedulerError } from './errors.js';

export interface Route {
  readonly operation: string;
  readonly action: Action;
}

const ALL: Readonly<Record<string, Route>> = { GET: { operation: 'ListSchedules', action: listSchedules } };
const ONE: Readonly<Record<string, Route>> = {
  POST: { operation: 'CreateSchedule', action: createSchedule },
  PUT: { operation: 'UpdateSchedule', action: updateSchedule },
  GET: { operation: 'GetSchedule', action: getSchedule },
  DELETE: { operation: 'DeleteSchedule', action: deleteSchedule },
};

export function findRoute(method: string, path: string): Route & { readonly name: string } {
  const [, encoded] = /^\/schedules(?:\/([^/]+))?\/?$/.exec(path) ?? ['', undefined];
  const routes = encoded === undefined ? (/^\/schedules\/?$/.test(path) ? ALL : {}) : ONE;
  const route = Object.hasOwn(routes, method) ? routes[method] : undefined;
  if (route !== undefined) return { ...route, name: decode(encoded ?? '') };
  const served = [...Object.values(ONE), ...Object.values(ALL)].map(({ operation }) => operation);
  throw new SchedulerError(
    'UnknownOperationException',
    `The local cloud's scheduler does not serve ${method} ${path.slice(0, 200)}. It serves ${served.join(', ')}.`,
  );
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded; // The check of the name refuses it.
  }
}
