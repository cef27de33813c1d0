/**
 * This is the work of one invocation of the controller function. A notice that finds another function at work leaves its look to it, so that the notices of five
 * hundred instances start one controller and not five hundred. The schedule's and the submits' invocations always work.
 */
import { HeldMark } from './held-mark.js';
import type { ControllerPorts } from './ports.js';
import type { PassReport } from './report.js';
import { controlUntilStill, isStill, type StillOptions } from './until-still.js';

export interface Wake extends StillOptions {
  /** A random text that identifies this invocation. */
  readonly id: string;
  /** A notice of EC2 woke the function. */
  readonly isNotice: boolean;
}

/** Returns the last report, or undefined when another function does the pass. */
export async function controlOnWake(
  ports: ControllerPorts,
  wake: Wake,
  signal: AbortSignal,
): Promise<PassReport | undefined> {
  const mark = new HeldMark(ports, wake.id);
  const endMs = ports.clock.nowMs() + wake.longestMs;
  // The mark only saves work. Trouble with it never keeps a function from its passes.
  const unlessTrouble = async <T>(call: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      wake.onTrouble?.(error);
      return otherwise;
    }
  };
  if (wake.isNotice && (await unlessTrouble(() => mark.leaveToOther(signal), false))) return undefined;
  const onReport = async (report: PassReport): Promise<void> => {
    await wake.onReport?.(report);
    // A single pass, as the schedule does it each minute, costs no request for the mark.
    if (!isStill(report)) await unlessTrouble(() => mark.renew(signal), undefined);
  };
  const report = await controlUntilStill(ports, { ...wake, onReport }, signal);
  const owesPass = await unlessTrouble(() => mark.release(signal), true);
  if (!owesPass) return report;
  const longestMs = Math.max(0, endMs - ports.clock.nowMs());
  return controlUntilStill(ports, { ...wake, longestMs }, signal);
}
