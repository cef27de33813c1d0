/**
 * Ends the instances that still run, and waits until they have ended. An instance that EC2 ends shuts down in order: its worker saves the finished items
 * of its batches and hands the batches back (docs/explanation/architecture.md, R3).
 */
import { runPass } from '../controller/run-pass.js';
import { plural } from '../display/format.js';
import { messageOf } from '../errors.js';
import type { FleetInstance } from '../ports.js';
import { LOOK_MS, type TeardownContext } from './context.js';

/** A shutdown may take the worker 90 s to stop, and EC2 some minutes more. */
const ENDED_WITHIN_MS = 15 * 60_000;
/** One empty look may be EC2's lag: a launch that was under way appears within seconds. */
const EMPTY_LOOKS = 3;
/** A longer list of ids helps nobody. */
const SHOWN_INSTANCES = 5;

export async function endInstances(context: TeardownContext, hasFleet: boolean): Promise<void> {
  const { ports, report, signal } = context;
  const { clock, instances } = ports;
  const deadlineMs = clock.nowMs() + ENDED_WITHIN_MS;
  const asked = new Set<string>();
  for (let emptyLooks = 0; ;) {
    if (hasFleet) await keepLowered(context);
    const left = (await instances.list(signal)).filter(({ state }) => state !== 'terminated');
    emptyLooks = left.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks >= EMPTY_LOOKS) return;
    if (clock.nowMs() > deadlineMs) throw new Error(stillThere(left));
    const ids = left.filter(({ state }) => state !== 'shutting-down').map(({ instance }) => instance);
    const fresh = ids.filter((id) => !asked.has(id));
    if (fresh.length > 0) {
      const message = `Ending ${plural(fresh.length, 'instance')}: ${someOf(fresh)}. Their workers hand back the batches that they hold.`;
      report({ level: 'info', code: 'instances-ended', message });
      for (const id of fresh) asked.add(id);
    }
    if (ids.length > 0) await instances.terminate(ids, signal);
    await clock.sleep(LOOK_MS, signal);
  }
}

/** A controller that decided before the mark was set may have raised the fleet since: a pass lowers it again. */
async function keepLowered({ ports, maxWorkers, memory, report, signal }: TeardownContext): Promise<void> {
  try {
    await runPass(ports, { maxWorkers, memory }, signal);
  } catch (error) {
    signal.throwIfAborted();
    report({
      level: 'warning',
      code: 'trouble',
      message: `Could not check that the fleet stays at target 0 (${messageOf(error)}); retrying.`,
    });
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
