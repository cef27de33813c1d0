/** A failure that concerns one job stays with it (R13): the others go on, and it is told once, until it is over. */
import { messageOf } from '../errors.js';
import type { PassEvents } from './pass-events.js';
import type { ControllerMemory } from './ports.js';

export interface KeptTo {
  readonly memory: ControllerMemory;
  readonly events: PassEvents;
  readonly signal: AbortSignal;
}

/** The act that failed, for the sentence about it. */
export type Doing = 'read' | 'ended' | 'sent again' | 'counted';

/** Undefined when it failed. */
export async function keepToJob<T>(
  { memory, events, signal }: KeptTo,
  job: string,
  doing: Doing,
  act: () => Promise<T>,
  onError: (error: unknown) => void = () => undefined,
): Promise<{ readonly value: T } | undefined> {
  const name = `job-trouble ${doing} ${job}`;
  try {
    const value = await act();
    memory.told.delete(name);
    return { value };
  } catch (error) {
    signal.throwIfAborted();
    if (!memory.told.has(name)) {
      const why = messageOf(error);
      const sentence = `Job ${job} could not be ${doing}, and is tried again; other jobs go on meanwhile: ${why}`;
      events.add('job-trouble', sentence, job);
    }
    memory.told.add(name);
    onError(error);
    return undefined;
  }
}
