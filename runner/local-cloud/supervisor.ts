/**
 * The process behind `local up`: it holds the local cloud, and runs the controller in the place of the Lambda function that a
 * stack on AWS has, so that jobs go on when no command watches them.
 *
 * Invariants: the state file exists only while all is ready; when the cloud ends, or the supervisor is told to, both are gone. An adopted
 * cloud is ended only once it is this supervisor's: until then whoever gives it may give it to another.
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
  /** Controls the stack until the signal aborts; reports trouble by throwing. */
  readonly control: (config: StackConfig, signal: AbortSignal) => Promise<void>;
  readonly ready: (state: LocalState) => void;
  readonly log: (text: string) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Takes over a cloud that is up; absent: one is started. */
  readonly adopt?: () => Promise<LocalStack>;
}

/** A controller that keeps failing says so once in a while, not in a tight loop. */
const CONTROL_AGAIN_AFTER_MS = 5_000;

/** Resolves when it was told to end; throws when the cloud ended by itself. */
export async function superviseLocalCloud(start: SupervisorStart): Promise<void> {
  const stack = await (start.adopt === undefined ? startLocalStack(start) : start.adopt());
  let ours = start.adopt === undefined;
  try {
    const state: LocalState = {
      ...stack.config,
      controlled: true,
      pid: process.pid,
      startedAt: new Date(start.now()).toISOString(),
      log: start.logFile,
    };
    if (!(await writeLocalState(start.stateDirectory, state))) {
      throw new UserError('Another local cloud came up first.');
    }
    ours = true;
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
    if (ours) await stack.cloud.end();
  }
}

async function controlAlways(start: SupervisorStart, config: StackConfig, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await start.control(config, signal);
    } catch (error) {
      if (signal.aborted) return;
      start.log(`The controller stumbled and starts again: ${messageOf(error)}`);
      await delay(CONTROL_AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
