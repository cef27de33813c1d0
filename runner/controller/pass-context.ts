/** The context that all steps of one pass share. */
import type { ObjectStore } from '../ports.js';
import { type ControllerMemory, newControllerMemory } from './memory.js';
import { PassEvents } from './pass-events.js';
import type { ControllerOptions, ControllerPorts } from './ports.js';
import { reportingDamages } from './report-damages.js';

export interface PassContext {
  readonly ports: ControllerPorts;
  readonly options: ControllerOptions;
  readonly memory: ControllerMemory;
  readonly events: PassEvents;
  readonly signal: AbortSignal;
  /** The time at which the pass began. */
  readonly nowMs: number;
}

export function openPass(ports: ControllerPorts, options: ControllerOptions, signal: AbortSignal): PassContext {
  const { memory = newControllerMemory() } = options;
  const nowMs = ports.clock.nowMs();
  const events = new PassEvents(new Date(nowMs).toISOString(), memory.reportedTroubles);
  const store: ObjectStore = reportingDamages(ports.store, memory.reportedDamages, (sentence) =>
    events.add('object-damaged', sentence),
  );
  return { ports: { ...ports, store }, options, memory, events, signal, nowMs };
}
