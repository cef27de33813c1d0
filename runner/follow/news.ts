/** Makes the display event of something that happened, at the time of the clock. */
import type { Level, RunEvent } from '../display/events.js';
import type { Clock } from '../ports.js';

export type News = Extract<RunEvent, { event: 'happened' }>;

export const newsNow = (clock: Clock, level: Level, code: string, message: string): News => ({
  event: 'happened',
  level,
  code,
  message,
  at: new Date(clock.nowMs()).toISOString(),
});
