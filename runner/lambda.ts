/**
 * Entry of the stack's controller function: woken each minute, at Spot notices, and by `submit`. The same passes as the CLI's,
 * until nothing moves. Any number may run at once (R6). What a container remembers only saves requests.
 */
import process from 'node:process';
import { stackFromEnvironment } from './cli/stack-fields.js';
import { reportingDamages } from './controller/report-damages.js';
import { countReclaims, metricsRecord } from './controller/act/metrics.js';
import { needsAttention, notifyOfEnds, notifyOfTrouble, type NotifyContext } from './controller/act/notify.js';
import { newControllerMemory } from './controller/memory.js';
import { controllerLimits } from './controller/ports.js';
import type { ControllerEvent, PassReport } from './controller/report.js';
import { controlUntilStill } from './controller/until-still.js';
import { messageOf } from './errors.js';
import { systemClock } from './wiring/clock.js';
import { connectNotifier, connectStack } from './wiring/stack-ports.js';

/** The part of Lambda's context that is used. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** What an invocation left, for whoever invokes it by hand. */
export interface ControllerAnswer {
  readonly passes: number;
  readonly target: number;
  readonly fulfilled: number;
  readonly parked: boolean;
  readonly jobs: number;
}

/** The next minute's invocation goes on: two at once would only do the same work twice. */
const LONGEST_MS = 50_000;
/** For the last pass and the answer. */
const MARGIN_MS = 5_000;

const config = stackFromEnvironment(process.env);
const notifier = connectNotifier(config);
const memory = newControllerMemory();
const stack = connectStack(config);
/** Damage that a pass finds is in its events; this is for objects that are read beside it. */
const store = reportingDamages(stack.store, memory.reportedDamages, (message) =>
  log({ code: 'object-damaged', message }),
);
const ports = { ...stack, store, clock: systemClock };
const told = new Set<string>();
/** Troubles that people have not been told of yet. */
let troubles: readonly ControllerEvent[] = [];
/** Reclaims that are in the metrics. */
const counted = new Set<string>();

export async function handler(event: unknown, context: InvocationContext): Promise<ControllerAnswer> {
  const leftMs = context.getRemainingTimeInMillis() - MARGIN_MS;
  const signal = AbortSignal.timeout(Math.max(1, leftMs));
  log({ code: 'woken', by: sourceOf(event) });
  let passes = 0;
  let untold: unknown;
  const report = await controlUntilStill(
    ports,
    {
      ...controllerLimits(config),
      memory,
      longestMs: Math.min(LONGEST_MS, leftMs / 2),
      onReport: async (seen) => {
        passes += 1;
        untold = await tell(seen, signal);
      },
      onTrouble: (error) => log({ code: 'trouble', message: messageOf(error) }),
    },
    signal,
  );
  const { fleet, jobs, parked } = report;
  const answer = { passes, target: fleet.target, fulfilled: fleet.fulfilled, parked, jobs: jobs.length };
  log({ code: 'still', ...answer });
  await measure(report, signal);
  // The fleet has been steered, and the next invocation tries again; the alarm on errors tells who does not hear of the topic.
  if (untold !== undefined) throw new Error(`People could not be told: ${messageOf(untold)}`);
  return answer;
}

/** Once an invocation; what fails here is no reason to control anew. */
async function measure(report: PassReport, signal: AbortSignal): Promise<void> {
  const at = new Date(report.atMs).toISOString();
  let reclaims = 0;
  try {
    reclaims = await countReclaims(ports.store, report.description.instances, counted, { at, signal });
  } catch (error) {
    log({ code: 'trouble', message: `Reclaims could not be counted: ${messageOf(error)}` });
  }
  log(metricsRecord(report, { stack: config.name, reclaims }));
}

/** The error when people could not be told: no reason to steer anew, and what is untold is told later. */
async function tell({ events }: PassReport, signal: AbortSignal): Promise<unknown> {
  for (const event of events) log(event);
  if (notifier === undefined) return undefined;
  const means: NotifyContext = { ...ports, notifier, stack: config.name, nowMs: () => systemClock.nowMs(), signal };
  troubles = [...troubles, ...events.filter(needsAttention)];
  try {
    troubles = await notifyOfTrouble(troubles, means);
    await notifyOfEnds(memory, told, means);
    return undefined;
  } catch (error) {
    log({ code: 'trouble', message: `People could not be told: ${messageOf(error)}` });
    return error;
  }
}

/** EC2's and EventBridge's events name their kind; a person's test event may be anything. */
function sourceOf(event: unknown): string {
  const { source, 'detail-type': kind } = (event ?? {}) as {
    readonly source?: unknown;
    readonly 'detail-type'?: unknown;
  };
  return [source, kind].filter((part) => typeof part === 'string').join(': ') || 'somebody';
}

/** CloudWatch Logs reads a line a record. */
function log(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}
