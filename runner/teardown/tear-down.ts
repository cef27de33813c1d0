/**
 * Takes a pool down, also while a job runs: mark, target 0, instances ended and seen ended, the stack deleted.
 *
 * Invariants:
 * - The mark stands first, so that no controller raises behind our back.
 * - Nothing is ended before the fleet shows target 0: it would be replaced.
 * - The stack is deleted only after EC2 has shown, several looks in a row, that no instance is left: whether CloudFormation ends the instances of
 *   a fleet that it deletes is not documented, and it cannot delete a network that is in use. After the deletion, when neither fleet nor controller is
 *   left to launch anything, it is looked once more.
 * - Each step looks first at what is: run again, a teardown goes on where it was broken off.
 */
import { newControllerMemory } from '../controller/memory.js';
import type { StackStanding } from '../ports.js';
import { deleteStack } from './delete-stack.js';
import { endInstances } from './end-instances.js';
import { lowerFleet } from './lower-fleet.js';
import { writeTeardownMark } from './mark.js';
import type { Reached, TeardownEvent, TeardownMeans, TeardownPorts } from './means.js';
import { messageOf } from '../errors.js';
import { measureBucket, type Retained } from './retained.js';

export interface TeardownRequest {
  readonly stack: { readonly bucket: string; readonly maxWorkers: number };
  readonly by: string;
  /** How long idle workers have to end themselves; then the rest is ended. */
  readonly graceMs: number;
  /** Of the CloudFormation stack, when there is one. */
  readonly standing: StackStanding | undefined;
}

export interface TeardownHooks {
  readonly tell: (event: TeardownEvent) => void;
  readonly onReached: (reached: Reached) => void;
  readonly signal: AbortSignal;
}

/** What is retained; undefined when the bucket could not be read, as after the permissions went with the stack. */
export async function tearDown(
  ports: TeardownPorts,
  { stack, by, graceMs, standing }: TeardownRequest,
  { tell, onReached, signal }: TeardownHooks,
): Promise<Retained | undefined> {
  const { maxWorkers, bucket } = stack;
  const means: TeardownMeans = { ports, memory: newControllerMemory(), maxWorkers, tell, signal };
  const hasStack = standing?.state !== 'deleted' && standing?.state !== 'deleting';
  if (hasStack) {
    const at = new Date(ports.clock.nowMs()).toISOString();
    await writeTeardownMark(ports.store, { by, at }, { at, signal });
    onReached('closed');
    tell({ level: 'info', code: 'closed', message: 'The pool is closed: no controller raises its fleet any more.' });
  }
  const hasFleet = hasStack && (await lowerFleet(means, { graceMs, onLowered: () => onReached('lowered') }));
  await endInstances(means, hasFleet);
  onReached('ended');
  tell({ level: 'good', code: 'zero', message: '0 instances: EC2 shows none of this pool.' });
  // Before the stack goes, and with it what permits to look.
  const retained = await measured(means, bucket);
  if (ports.deployed === undefined) return retained;
  await deleteStack(ports.deployed, { clock: ports.clock, tell, onBegun: () => onReached('deleting'), signal });
  onReached('deleted');
  tell({ level: 'good', code: 'stack-deleted', message: 'The stack is deleted.' });
  await lookOnceMore(means);
  return retained;
}

/** A controller that hung in a call for long may have raised after the last look. */
async function lookOnceMore(means: TeardownMeans): Promise<void> {
  try {
    await endInstances(means, false);
  } catch (error) {
    means.signal.throwIfAborted();
    const message = `Whether the stack left an instance behind could not be seen: ${messageOf(error)}`;
    means.tell({ level: 'warning', code: 'trouble', message });
  }
}

async function measured({ ports, tell, signal }: TeardownMeans, bucket: string): Promise<Retained | undefined> {
  try {
    return await measureBucket(ports.store, bucket, signal);
  } catch (error) {
    signal.throwIfAborted();
    tell({ level: 'warning', code: 'bucket-unread', message: `The bucket cannot be measured: ${messageOf(error)}` });
    return undefined;
  }
}
