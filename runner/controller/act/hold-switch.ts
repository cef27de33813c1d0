/**
 * The dead-man's switch (R9) as a controller holds it: armed before each change to a target above 0, pushed out while the fleet is up, disarmed when the fleet is parked.
 *
 * Invariant: a fleet that is raised for a job has its switch, whatever other controllers do meanwhile. A controller that disarms the switch reads the
 * jobs once more afterwards. Another controller arms the switch only for a job that is in the bucket already, so this look finds the job and arms
 * the switch again.
 */
import { isPushOutDue } from '../../../core/pool/pool-state.js';
import { messageOf } from '../../errors.js';
import { learn } from '../memory.js';
import type { PassContext } from '../pass-context.js';

type SwitchContext = Pick<PassContext, 'ports' | 'memory' | 'events' | 'signal'>;

export async function keepArmed(context: SwitchContext): Promise<void> {
  const { ports, memory, events } = context;
  if (!isPushOutDue(memory.pool, ports.deadMan.pushOutEveryMs, ports.clock.nowMs())) return;
  const error = await arm(context);
  events.trouble('switch-not-armed', error === undefined ? undefined : `Could not arm the dead-man's switch: ${error}`);
}

/** Returns whether the fleet may be raised. */
export async function armForRaise(context: SwitchContext): Promise<boolean> {
  const error = await arm(context);
  context.events.trouble(
    'raise-refused',
    error === undefined
      ? undefined
      : `The fleet is not raised, because the dead-man's switch, which would park it without a controller, could not be armed: ${error}`,
  );
  return error === undefined;
}

/**
 * Returns whether the fleet may be set to a lower target above 0. What looks like a lower target may be a raise: a describe call may show the fleet as it
 * was before another controller parked it and disarmed the switch.
 */
export async function armForLowering(context: SwitchContext): Promise<boolean> {
  const error = await arm(context);
  context.events.trouble(
    'switch-not-armed',
    error === undefined
      ? undefined
      : `The fleet's target is not changed, because the dead-man's switch could not be armed: ${error}`,
  );
  return error === undefined;
}

/** Disarms the switch of a parked fleet. `isWorkLeft` reads the jobs anew. */
export async function disarmParked(context: SwitchContext, isWorkLeft: () => Promise<boolean>): Promise<void> {
  const { ports, memory, events, signal } = context;
  if (memory.pool.deadMan.kind === 'disarmed') return;
  const error = await errorOf(() => ports.deadMan.disarm(signal), signal);
  events.trouble(
    'switch-left',
    error === undefined
      ? undefined
      : `Could not disarm the dead-man's switch. It will fire once on the parked fleet, which changes nothing: ${error}`,
  );
  if (error !== undefined) return;
  learn(memory, { kind: 'switch-disarmed' });
  if (await trueUnlessReadable(isWorkLeft, signal)) await keepArmed(context);
}

/** Work that cannot be read may be there. */
async function trueUnlessReadable(isWorkLeft: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  try {
    return await isWorkLeft();
  } catch {
    signal.throwIfAborted();
    return true;
  }
}

async function arm({ ports, memory, signal }: SwitchContext): Promise<string | undefined> {
  const error = await errorOf(() => ports.deadMan.arm(signal), signal);
  learn(memory, error === undefined ? { kind: 'switch-armed', atMs: ports.clock.nowMs() } : { kind: 'fleet-in-use' });
  return error;
}

/** Returns the message of the error that `act` throws. */
async function errorOf(act: () => Promise<void>, signal: AbortSignal): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}
