/** Makes the programs' API in a world. What the caller gives is checked here, and what fails is turned into errors that programs can tell apart. */
import type { StackConfig } from '../../core/contract/stack.js';
import { definedFields } from '../../core/defined-fields.js';
import { chooseStack } from '../cli/stack-choice.js';
import { isNetworkFailure, messageOf, StackUnreachable, UserError } from '../errors.js';
import { joinSignals } from '../signals.js';
import { follow } from './follow.js';
import { readRecord } from './read-record.js';
import { results } from './results.js';
import { submit } from './submit.js';
import type { Api, JobName, OpenOptions, ResultsOptions, Stack } from './types.js';
import type { OpenedStack, World } from './world.js';

export function makeApi(world: World): Api {
  const opened = new WeakMap<Stack, OpenedStack>();
  const at = (stack: Stack): OpenedStack => {
    const found = opened.get(stack);
    if (found === undefined) throw new UserError('The first argument must be a stack that openStack has opened.');
    return found;
  };
  return {
    openStack: async (options = {}) => {
      const ports = world.connect(await configOf(options, world));
      const { name, region, bucket, endpoint } = ports.config;
      const stack: Stack = { name, region, bucket, ...definedFields({ endpoint }) };
      opened.set(stack, { world, ports });
      return stack;
    },
    submit: (stack, request, { signal, onEvent = () => undefined } = {}) =>
      telling(signal, async (own) => submit(at(stack), request, { signal: own, onEvent })),
    follow: (stack, job, { signal } = {}) => tellingAll(signal, (own) => follow(at(stack), idOf(job), own)),
    results: <Output, Input>(stack: Stack, job: JobName, { signal, ...options }: ResultsOptions = {}) =>
      tellingAll(signal, (own) => results<Output, Input>(at(stack), idOf(job), options, own)),
    record: (stack, job, { signal } = {}) =>
      telling(signal, async (own) => readRecord(world, at(stack).ports, idOf(job), own)),
  };
}

async function configOf({ local, stack, name, region, signal }: OpenOptions, world: World): Promise<StackConfig> {
  signal?.throwIfAborted();
  const env = { ...world.env, ...definedFields({ SPOTPOOL_STACK: name, AWS_REGION: region }) };
  return (await chooseStack(definedFields({ local, stack }), { env, cwd: world.cwd })).config;
}

const idOf = (job: JobName): string => (typeof job === 'string' ? job : job.job);

/** The caller's signal may have few listeners, and a call may have none. */
const ownSignal = (signal: AbortSignal | undefined): AbortSignal => joinSignals(signal === undefined ? [] : [signal]);

async function telling<Value>(
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  try {
    signal?.throwIfAborted();
    return await call(ownSignal(signal));
  } catch (error) {
    throw told(error, signal);
  }
}

async function* tellingAll<Value>(
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => AsyncGenerator<Value, void, undefined>,
): AsyncGenerator<Value, void, undefined> {
  try {
    signal?.throwIfAborted();
    yield* call(ownSignal(signal));
  } catch (error) {
    throw told(error, signal);
  }
}

/** An aborted request fails with an error of its own, and the caller was promised the reason of the signal. */
function told(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  return isNetworkFailure(error)
    ? new StackUnreachable(`${messageOf(error)}. The stack could not be reached in several tries.`, { cause: error })
    : error;
}
