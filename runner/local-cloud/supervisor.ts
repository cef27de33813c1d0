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
import { messageOf, UserError } from '../errors.js';
import type { LocalCloudOptions } from './options.js';
import { type LocalStack, type ProvisionLocalStack, startLocalStack } from './stack.js';
import { type LocalState, removeLocalState, writeLocalState } from './state-file.js';

export interface SupervisorStart {
  readonly options: LocalCloudOptions;
  readonly stateDirectory: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly provision: ProvisionLocalStack;
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

/** Resolves when the signal aborted; throws when the cloud ended by itself. */
export async function superviseLocalCloud(start: SupervisorStart): Promise<void> {
  const stack = await (start.adopt === undefined ? startLocalStack(start) : start.adopt());
  let isOwner = start.adopt === undefined;
  try {
    const state: LocalState = {
      ...stack.config,
      controlled: true,
      pid: process.pid,
      startedAt: new Date(start.now()).toISOString(),
      log: start.logFile,
    };
    if (!(await writeLocalState(start.stateDirectory, state))) {
      throw new UserError(
        'Another local cloud was started at the same time. Use that one, or end it with: spotpool local down',
      );
    }
    isOwner = true;
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
