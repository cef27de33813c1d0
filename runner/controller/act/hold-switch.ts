/**
 * The dead-man's switch (R9) as a controller holds it: armed before a raise, pushed out while the fleet is up, taken away when it is parked.
 *
 * Invariant: a fleet that is raised for a job has its switch, whatever other controllers do meanwhile. Whoever takes the switch away looks
 * at the jobs once more afterwards: the job for which another armed it was in the bucket before that, so it is seen, and the
 * switch is armed again.
 */
import { messageOf } from '../../errors.js';
import type { PassEvents } from '../pass-events.js';
import type { ControllerMemory, ControllerPorts } from '../ports.js';

export interface Means {
  readonly ports: ControllerPorts;
  readonly memory: ControllerMemory;
  readonly events: PassEvents;
  readonly signal: AbortSignal;
}

export async function keepArmed(means: Means): Promise<void> {
  const { ports, memory, events } = means;
  const armedForMs = ports.clock.nowMs() - (memory.armedAtMs ?? -Infinity);
  if (armedForMs < ports.deadMan.pushOutEveryMs) return;
  const error = await arm(means);
  events.trouble('switch-not-armed', error !== undefined, () => `The dead-man's switch cannot be armed: ${error}`);
}

export async function armForRaise(means: Means): Promise<boolean> {
  const error = await arm(means);
  means.events.trouble(
    'raise-refused',
    error !== undefined,
    () => `The fleet is not raised, because the switch that would park it without us cannot be armed: ${error}`,
  );
  return error === undefined;
}

/** Of a fleet that is parked. `isWorkLeft` reads the jobs anew. */
export async function takeSwitchAway(means: Means, isWorkLeft: () => Promise<boolean>): Promise<void> {
  const { ports, memory, events, signal } = means;
  if (memory.switchGone === true) return;
  const error = await attempt(() => ports.deadMan.disarm(signal), signal);
  events.trouble(
    'switch-left',
    error !== undefined,
    () =>
      `The dead-man's switch cannot be taken away, and will fire once on a parked fleet, which changes nothing: ${error}`,
  );
  if (error !== undefined) return;
  delete memory.armedAtMs;
  memory.switchGone = true;
  if (await orUnknown(isWorkLeft, signal)) await keepArmed(means);
}

/** What cannot be read may be there. */
async function orUnknown(isWorkLeft: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  try {
    return await isWorkLeft();
  } catch {
    signal.throwIfAborted();
    return true;
  }
}

async function arm({ ports, memory, signal }: Means): Promise<string | undefined> {
  const error = await attempt(() => ports.deadMan.arm(signal), signal);
  if (error === undefined) memory.armedAtMs = ports.clock.nowMs();
  memory.switchGone = false;
  return error;
}

/** What went wrong, in words. */
async function attempt(act: () => Promise<void>, signal: AbortSignal): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}
