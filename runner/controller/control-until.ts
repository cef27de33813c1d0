/** Passes of the controller, one after another, until the caller has seen enough. */
import { newControllerMemory, type ControllerOptions, type ControllerPorts } from './ports.js';
import type { PassReport } from './report.js';
import { runPass } from './run-pass.js';

/** Often enough that a draining queue is followed closely; a pass of a small stack is some ten requests. */
export const PASS_MS = 2_000;
/** A pass fails for the network's or AWS's sake: the wait doubles up to this. */
const MAX_RETRY_MS = 30_000;
/** Some ten minutes of failures: then a person has to look. */
const MAX_FAILURES = 25;

export interface ControlLoop extends ControllerOptions {
  readonly passMs?: number;
  /** Checked after every pass. */
  readonly until: (report: PassReport) => boolean;
  readonly onReport?: (report: PassReport) => void | Promise<void>;
  /** A pass failed and will be tried again. */
  readonly onTrouble?: (error: unknown) => void;
}

/** The last report. Rejects with the signal's reason when aborted, or with the error that would not go away. */
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
