/**
 * The process behind `local up`. It owns the local cloud and runs the controller, as the Lambda function of a stack on AWS does, so that
 * jobs continue when no command watches them.
 *
 * Invariants:
 * - The state file exists only while all is ready. When the cloud or the supervisor ends, both the file and the cloud are gone.
 * - A supervisor ends an adopted cloud only after it has taken it over. Until then the command may still hand it to another supervisor.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { StackConfig } from '../../core/contract/stack.js';
import { definedFields } from '../../core/defined-fields.js';
import { messageOf, UserError } from '../errors.js';
import { DataInUse } from './child.js';
import type { LocalCloudOptions } from './options.js';
import { type LocalStack, type ProvisionLocalStack, startLocalStack } from './stack.js';
import { type LocalState, readLocalState, removeLocalState, writeLocalState } from './state-file.js';

export interface SupervisorStart {
  readonly options: LocalCloudOptions;
  /** The directory in which the buckets of a new cloud outlive it. */
  readonly data: string;
  readonly stateDirectory: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly provision: ProvisionLocalStack;
  /** Gives the new queue the batches that are left of unfinished jobs. */
  readonly renew: (config: StackConfig, signal: AbortSignal) => Promise<void>;
  /** Controls the stack until the signal aborts. Throws when it fails. */
  readonly control: (config: StackConfig, signal: AbortSignal) => Promise<void>;
  readonly ready: (state: LocalState) => void;
  readonly log: (text: string) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Takes over a running cloud. When absent, a new one is started. */
  readonly adopt?: () => Promise<LocalStack>;
}

/** The pause before a failed controller starts again, so that one that keeps failing does not flood the log. */
const CONTROLLER_RESTART_AFTER_MS = 5_000;
/** A cloud without its owner ends its instances and itself within ten seconds (child.ts). */
const FREE_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 200;
const STARTED_TWICE =
  'Another local cloud was started at the same time. Use that one, or end it with: spotpool local down';

/** Resolves when the signal aborted; throws when the cloud ended by itself. */
export async function superviseLocalCloud(start: SupervisorStart): Promise<void> {
  const stack = await (start.adopt === undefined ? startWhenFree(start) : start.adopt());
  let isOwner = start.adopt === undefined;
  try {
    const state: LocalState = {
      ...stack.config,
      controlled: true,
      pid: process.pid,
      startedAt: new Date(start.now()).toISOString(),
      log: start.logFile,
      ...definedFields({ data: stack.data }),
    };
    if (!(await writeLocalState(start.stateDirectory, state))) {
      throw new UserError(STARTED_TWICE);
    }
    isOwner = true;
    if (start.adopt === undefined) await start.renew(stack.config, start.signal);
    start.ready(state);
    const stop = new AbortController();
    const signal = AbortSignal.any([start.signal, stop.signal]);
    const controlling = controlAlways(start, stack.config, signal);
    const how = await Promise.race([stack.cloud.ended, aborted(start.signal)]);
    stop.abort();
    await controlling;
    if (how !== undefined) throw new Error(`The local cloud ${how}.`);
  } finally {
    await removeLocalState(start.stateDirectory, process.pid);
    if (isOwner) await stack.cloud.end();
  }
}

/** Waits for a cloud that was killed: it ends its instances before it gives its data free. A cloud that is up keeps its data. */
async function startWhenFree(start: SupervisorStart): Promise<LocalStack> {
  const deadlineMs = start.now() + FREE_WITHIN_MS;
  for (;;) {
    try {
      return await startLocalStack(start);
    } catch (error) {
      if (!(error instanceof DataInUse) || start.now() > deadlineMs) throw error;
      if ((await readLocalState(start.stateDirectory)) !== undefined) throw new UserError(STARTED_TWICE);
      await delay(LOOK_EVERY_MS, undefined, { signal: start.signal });
    }
  }
}

async function controlAlways(start: SupervisorStart, config: StackConfig, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await start.control(config, signal);
    } catch (error) {
      if (signal.aborted) return;
      start.log(`The controller failed and starts again: ${messageOf(error)}`);
      await delay(CONTROLLER_RESTART_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
