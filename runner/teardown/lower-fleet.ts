/** Target 0, and time for idle workers to end themselves as at the end of a job (R6): passes of the controller, which the mark lets decide nothing else. */
import { controlUntil } from '../controller/control-until.js';
import { liveInstances } from '../controller/observe/read-fleet.js';
import type { PassReport } from '../controller/report.js';
import { plural } from '../display/format.js';
import { FleetMissing, messageOf } from '../errors.js';
import { LOOK_MS, type TeardownMeans } from './means.js';

/** A modification takes EC2 seconds; longer than this a person has to look. */
const LOWERED_WITHIN_MS = 5 * 60_000;

/** Says whether there is a fleet. */
export async function lowerFleet(
  means: TeardownMeans,
  { graceMs, onLowered }: { readonly graceMs: number; readonly onLowered: () => void },
): Promise<boolean> {
  const { ports, tell, signal } = means;
  const { clock } = ports;
  if (!(await isThere(means))) return false;
  const startMs = clock.nowMs();
  let loweredAtMs: number | undefined;
  let shown = -1;
  await controlUntil(
    ports,
    {
      maxWorkers: means.maxWorkers,
      memory: means.memory,
      passMs: LOOK_MS,
      until: (report) => {
        const nowMs = clock.nowMs();
        if (!isLowered(report)) return nowMs - startMs > LOWERED_WITHIN_MS;
        if (loweredAtMs === undefined) onLowered();
        loweredAtMs ??= nowMs;
        const left = liveInstances(report.description).length;
        if (left !== shown && left > 0) tell(waitingFor(left, graceMs - (nowMs - loweredAtMs)));
        shown = left;
        return left === 0 || nowMs - loweredAtMs >= graceMs;
      },
      onReport: ({ events }) => {
        for (const { code, message } of events) tell({ level: 'info', code, message });
      },
      onTrouble: (error) => {
        const message = `Looking at the stack failed, and is tried again: ${messageOf(error)}`;
        tell({ level: 'warning', code: 'trouble', message });
      },
    },
    signal,
  );
  if (loweredAtMs !== undefined) return true;
  throw new Error(
    `The fleet did not show target 0 within ${LOWERED_WITHIN_MS / 60_000} minutes. Nothing was ended, nothing was deleted.`,
  );
}

async function isThere({ ports, tell, signal }: TeardownMeans): Promise<boolean> {
  try {
    const { state } = await ports.fleet.describe(signal);
    if (state !== 'deleted' && state !== 'failed') return true;
    tell({ level: 'info', code: 'fleet-gone', message: `The fleet is ${state} already.` });
  } catch (error) {
    if (!(error instanceof FleetMissing)) throw error;
    tell({ level: 'info', code: 'fleet-gone', message: 'EC2 shows no fleet of the stack any more.' });
  }
  return false;
}

/** As a describe shows it, and as workers read it. */
const isLowered = ({ description: { target, state }, state: published }: PassReport): boolean =>
  target === 0 && state !== 'modifying' && published?.target === 0;

const waitingFor = (left: number, ms: number) =>
  ({
    level: 'info',
    code: 'waiting',
    message: `${plural(left, 'instance')} left; idle ones end themselves. Waiting up to ${Math.max(0, Math.ceil(ms / 1000))} s more.`,
  }) as const;
