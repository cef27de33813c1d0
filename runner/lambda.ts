/**
 * The entry of the stack's controller function. It is invoked every minute, at Spot notices, and by `submit`. It runs the same passes as
 * the CLI until nothing changes. Any number of them may run at once (R6). The memory of a container only saves requests.
 */
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { stackFromEnvironment } from './cli/stack-fields.js';
import { reportingDamages } from './controller/report-damages.js';
import { countReclaims, metricsRecord } from './controller/act/metrics.js';
import {
  type DuePosts,
  needsAttention,
  notifyOfEnds,
  notifyOfTrouble,
  type NotifyContext,
} from './controller/act/notify.js';
import { postEnds } from './controller/act/post-ends.js';
import { newControllerMemory } from './controller/memory.js';
import { controllerLimits } from './controller/ports.js';
import type { ControllerEvent, PassReport } from './controller/report.js';
import { controlOnWake } from './controller/control-on-wake.js';
import { messageOf } from './errors.js';
import { definedFields } from '../core/defined-fields.js';
import { systemClock } from './wiring/clock.js';
import { connectEndPosts } from './wiring/end-posts.js';
import { connectNotifier, connectStack } from './wiring/stack-ports.js';

/** The part of Lambda's context that is used. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** The answer of an invocation, for people who invoke the function by hand. */
export interface ControllerAnswer {
  readonly passes: number;
  readonly target: number;
  readonly fulfilled: number;
  readonly parked: boolean;
  readonly jobs: number;
}

/** The answer of an invocation for a notice, when another one is at work and looks for it. */
export interface LeftToOther {
  readonly leftToOther: true;
}

/** The source of notices. The schedule's events have the source aws.scheduler, and always work. */
const NOTICES = 'aws.ec2';
/** Shorter than the minute until the next invocation, because two at once would only do the same work twice. */
const LONGEST_MS = 50_000;
/** The time reserved for the last pass and the answer. */
const MARGIN_MS = 5_000;

const config = stackFromEnvironment(process.env);
const notifier = connectNotifier(config);
const memory = newControllerMemory();
const stack = connectStack(config);
/** A pass reports damaged objects in its events. This store reports those that are read outside of a pass. */
const store = reportingDamages(stack.store, memory.reportedDamages, (message) =>
  log({ code: 'object-damaged', message }),
);
const ports = { ...stack, store, clock: systemClock };
const endPosts = connectEndPosts(config, ports);
/** The ends that are still to be posted to the stack's address. */
const duePosts: DuePosts | undefined = endPosts && new Map();
/** The ends of jobs that were notified, each by its job and number. */
const notifiedEnds = new Set<string>();
/** Troubles that still have to be notified. */
let troubles: readonly ControllerEvent[] = [];
/** Reclaims that the metrics contain already. */
const countedReclaims = new Set<string>();

export async function handler(event: unknown, context: InvocationContext): Promise<ControllerAnswer | LeftToOther> {
  const leftMs = context.getRemainingTimeInMillis() - MARGIN_MS;
  const signal = AbortSignal.timeout(Math.max(1, leftMs));
  log({ code: 'woken', by: sourceOf(event) });
  let passes = 0;
  let notifyError: unknown;
  const last = await controlOnWake(
    ports,
    {
      ...controllerLimits(config),
      memory,
      id: randomUUID(),
      isNotice: partsOf(event).source === NOTICES,
      longestMs: Math.min(LONGEST_MS, leftMs / 2),
      onReport: async (seen) => {
        passes += 1;
        notifyError = await report(seen, signal);
      },
      onTrouble: (error) => log({ code: 'trouble', message: messageOf(error) }),
    },
    signal,
  );
  if (last === undefined) {
    log({ code: 'left-to-other' });
    return { leftToOther: true };
  }
  const { fleet, jobs, parked } = last;
  const answer = { passes, target: fleet.target, fulfilled: fleet.fulfilled, parked, jobs: jobs.length };
  log({ code: 'still', ...answer });
  await logMetrics(last, signal);
  await postDueEnds(signal);
  // The fleet is steered, and the next invocation notifies again. The error triggers the alarm, because the topic does not work.
  if (notifyError !== undefined) throw new Error(`Could not send notifications: ${messageOf(notifyError)}`);
  return answer;
}

/** Logs the metrics once per invocation. A failure is logged and does not fail the invocation. */
async function logMetrics(report: PassReport, signal: AbortSignal): Promise<void> {
  const at = new Date(report.atMs).toISOString();
  let reclaims = 0;
  try {
    reclaims = await countReclaims(ports.store, report.description.instances, countedReclaims, { at, signal });
  } catch (error) {
    log({ code: 'trouble', message: `Could not count reclaims: ${messageOf(error)}` });
  }
  log(metricsRecord(report, { stack: config.name, reclaims }));
}

/** Posts once per invocation, when the fleet is steered, because a receiver may take its time. A failure is logged, and does not fail the invocation. */
async function postDueEnds(signal: AbortSignal): Promise<void> {
  if (endPosts === undefined || duePosts === undefined || duePosts.size === 0) return;
  try {
    const events = await postEnds(duePosts, { ...endPosts, store, nowMs: () => systemClock.nowMs(), signal });
    for (const event of events) log(event);
    troubles = await notifyOfTrouble([...troubles, ...events.filter(needsAttention)], noticesUntil(signal));
  } catch (error) {
    log({ code: 'trouble', message: `Could not post the ends of jobs: ${messageOf(error)}` });
  }
}

const noticesUntil = (signal: AbortSignal): NotifyContext => ({
  ...ports,
  ...definedFields({ notifier, duePosts }),
  stack: config.name,
  nowMs: () => systemClock.nowMs(),
  signal,
});

/** Logs the pass's events and sends notifications. Resolves with the error if that failed; the next pass then sends them again. */
async function report({ events }: PassReport, signal: AbortSignal): Promise<unknown> {
  for (const event of events) log(event);
  if (notifier === undefined && duePosts === undefined) return undefined;
  const notices = noticesUntil(signal);
  troubles = [...troubles, ...events.filter(needsAttention)];
  try {
    troubles = await notifyOfTrouble(troubles, notices);
    await notifyOfEnds(memory, notifiedEnds, notices);
    return undefined;
  } catch (error) {
    log({ code: 'trouble', message: `Could not send notifications: ${messageOf(error)}` });
    return error;
  }
}

/** Names the event's source. Events of EC2 and EventBridge have one; a person's test event may have any form. */
function sourceOf(event: unknown): string {
  const { source, kind } = partsOf(event);
  return [source, kind].filter((part) => typeof part === 'string').join(': ') || 'somebody';
}

function partsOf(event: unknown): { readonly source?: unknown; readonly kind?: unknown } {
  const { source, 'detail-type': kind } = (event ?? {}) as {
    readonly source?: unknown;
    readonly 'detail-type'?: unknown;
  };
  return { source, kind };
}

/** CloudWatch Logs takes each line as one record. */
function log(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}
