/**
 * Ends what still runs, and sees it ended. An instance that EC2 ends shuts down in order: its worker is stopped, saves the finished items of
 * its batches and hands them back (docs/explanation/architecture.md, R3).
 */
import { runPass } from '../controller/run-pass.js';
import { plural } from '../display/format.js';
import { messageOf } from '../errors.js';
import type { FleetInstance } from '../ports.js';
import { LOOK_MS, type TeardownMeans } from './means.js';

/** A shutdown may take the worker's time to stop (90 s) and some minutes of EC2's. */
const ENDED_WITHIN_MS = 15 * 60_000;
/** One empty look may be EC2's lag: a launch that was under way shows up within seconds. */
const EMPTY_LOOKS = 3;
/** More ids tell nothing more. */
const SHOWN_INSTANCES = 5;

export async function endInstances(means: TeardownMeans, hasFleet: boolean): Promise<void> {
  const { ports, tell, signal } = means;
  const { clock, instances } = ports;
  const deadlineMs = clock.nowMs() + ENDED_WITHIN_MS;
  const asked = new Set<string>();
  for (let emptyLooks = 0; ;) {
    if (hasFleet) await keepLowered(means);
    const left = (await instances.list(signal)).filter(({ state }) => state !== 'terminated');
    emptyLooks = left.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks >= EMPTY_LOOKS) return;
    if (clock.nowMs() > deadlineMs) throw new Error(stillThere(left));
    const ids = left.filter(({ state }) => state !== 'shutting-down').map(({ instance }) => instance);
    const fresh = ids.filter((id) => !asked.has(id));
    if (fresh.length > 0) {
      const message = `${plural(fresh.length, 'instance')} ${fresh.length === 1 ? 'is' : 'are'} ended: ${someOf(fresh)}. What workers hold they hand back.`;
      tell({ level: 'info', code: 'instances-ended', message });
      for (const id of fresh) asked.add(id);
    }
    if (ids.length > 0) await instances.terminate(ids, signal);
    await clock.sleep(LOOK_MS, signal);
  }
}

/** A controller that had decided before the mark stood may have raised since: a pass lowers again. */
async function keepLowered({ ports, maxWorkers, memory, tell, signal }: TeardownMeans): Promise<void> {
  try {
    await runPass(ports, { maxWorkers, memory }, signal);
  } catch (error) {
    signal.throwIfAborted();
    tell({ level: 'warning', code: 'trouble', message: `Looking at the fleet failed: ${messageOf(error)}` });
  }
}

function stillThere(left: readonly FleetInstance[]): string {
  const named = left.map(({ instance, state }) => `${instance} (${state})`);
  return `${plural(left.length, 'instance')} did not end within ${ENDED_WITHIN_MS / 60_000} minutes: ${someOf(named)}. Look at them in the EC2 console.`;
}

function someOf(names: readonly string[]): string {
  const more = names.length - SHOWN_INSTANCES;
  return names.slice(0, SHOWN_INSTANCES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
