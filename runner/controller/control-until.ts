/** Runs passes of the controller, one after another, until the caller has seen enough. */
import { PASS_MS } from '../../core/pool/request-intervals.js';
import { newControllerMemory } from './memory.js';
import type { ControllerOptions, ControllerPorts } from './ports.js';
import type { PassReport } from './report.js';
import { runPass } from './run-pass.js';

/** A pass fails because of the network or AWS: the wait doubles up to this. */
const MAX_RETRY_MS = 30_000;
/** This many failures in a row take some ten minutes; after that a person has to look. */
const MAX_FAILURES = 25;

export interface ControlLoop extends ControllerOptions {
  readonly passMs?: number;
  /** It is checked after every pass; true ends the loop. */
  readonly until: (report: PassReport) => boolean;
  readonly onReport?: (report: PassReport) => void | Promise<void>;
  /** It is called when a pass has failed and will be retried. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Returns the last report. Rejects with the signal's reason when aborted, or with the last error when too many passes in a row have failed. */
export async function controlUntil(
  ports: ControllerPorts,
  loop: ControlLoop,
  signal: AbortSignal,
): Promise<PassReport> {
  const passMs = loop.passMs ?? PASS_MS;
  const options = { ...loop, memory: loop.memory ?? newControllerMemory() };
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      const report = await runPass(ports, options, signal);
      await loop.onReport?.(report);
      failures = 0;
      if (loop.until(report)) return report;
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures >= MAX_FAILURES) throw error;
      loop.onTrouble?.(error);
    }
    await ports.clock.sleep(Math.min(MAX_RETRY_MS, passMs * 2 ** failures), signal);
  }
}
