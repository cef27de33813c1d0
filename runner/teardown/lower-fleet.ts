/** Lowers the fleet to target 0, and lets idle workers end themselves as at the end of a job (R6). It runs passes of the controller, which the mark binds to 0. */
import { controlUntil } from '../controller/control-until.js';
import { liveInstances } from '../controller/observe/read-fleet.js';
import type { PassReport } from '../controller/report.js';
import { plural } from '../display/format.js';
import { FleetMissing, messageOf } from '../errors.js';
import { LOOK_MS, type TeardownContext } from './context.js';

/** A modification takes EC2 seconds; after this long a person has to look. */
const LOWERED_WITHIN_MS = 5 * 60_000;

/** Returns whether there is a fleet. */
export async function lowerFleet(
  context: TeardownContext,
  { graceMs, onLowered }: { readonly graceMs: number; readonly onLowered: () => void },
): Promise<boolean> {
  const { ports, report, signal } = context;
  const { clock } = ports;
  if (!(await isThere(context))) return false;
  const startMs = clock.nowMs();
  let loweredAtMs: number | undefined;
  let shown = -1;
  await controlUntil(
    ports,
    {
      maxWorkers: context.maxWorkers,
      memory: context.memory,
      passMs: LOOK_MS,
      until: (pass) => {
        const nowMs = clock.nowMs();
        if (!isLowered(pass)) return nowMs - startMs > LOWERED_WITHIN_MS;
        if (loweredAtMs === undefined) onLowered();
        loweredAtMs ??= nowMs;
        const left = liveInstances(pass.description).length;
        if (left !== shown && left > 0) report(waitingFor(left, graceMs - (nowMs - loweredAtMs)));
        shown = left;
        return left === 0 || nowMs - loweredAtMs >= graceMs;
      },
      onReport: ({ events }) => {
        for (const { code, message } of events) report({ level: 'info', code, message });
      },
      onTrouble: (error) => {
        const message = `Could not lower the fleet (${messageOf(error)}); retrying.`;
        report({ level: 'warning', code: 'trouble', message });
      },
    },
    signal,
  );
  if (loweredAtMs !== undefined) return true;
  throw new Error(
    `The fleet did not show target 0 within ${LOWERED_WITHIN_MS / 60_000} minutes. No instance was ended and nothing was deleted.`,
  );
}

async function isThere({ ports, report, signal }: TeardownContext): Promise<boolean> {
  try {
    const { state } = await ports.fleet.describe(signal);
    if (state !== 'deleted' && state !== 'failed') return true;
    report({ level: 'info', code: 'fleet-gone', message: `The fleet is ${state} already.` });
  } catch (error) {
    if (!(error instanceof FleetMissing)) throw error;
    report({ level: 'info', code: 'fleet-gone', message: 'EC2 shows no fleet of the stack any more.' });
  }
  return false;
}

/** Target 0 must be shown by a describe call, and published to the workers. */
const isLowered = ({ description: { target, state }, state: published }: PassReport): boolean =>
  target === 0 && state !== 'modifying' && published?.target === 0;

const waitingFor = (left: number, ms: number) =>
  ({
    level: 'info',
    code: 'waiting',
    message: `${plural(left, 'instance')} left; idle ones end themselves. Waiting up to ${Math.max(0, Math.ceil(ms / 1000))} s more.`,
  }) as const;
