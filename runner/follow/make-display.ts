import type { CliContext } from '../cli/context.js';
import type { Display } from '../display/events.js';
import { jsonDisplay } from '../display/json.js';
import { liveDisplay } from '../display/live.js';
import { plainDisplay } from '../display/plain.js';

/** JSON for programs, the live screen on a terminal, plain lines anywhere else. */
export function makeDisplay({ terminal, clock }: CliContext, json: boolean): Display {
  const now = (): number => clock.nowMs();
  if (json) return jsonDisplay(terminal, now);
  return terminal.interactive ? liveDisplay(terminal, now) : plainDisplay(terminal, now);
}
