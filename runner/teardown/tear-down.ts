/**
 * Takes a pool down, even while a job runs: it sets the mark, lowers the target to 0, ends the instances, waits for their end, and deletes the stack.
 *
 * Invariants:
 * - The mark is set first, so that no controller raises the fleet meanwhile.
 * - No instance is ended before the fleet shows target 0, because the fleet would replace it.
 * - The stack is deleted only after EC2 has shown, in several looks in a row, that no instance is left. It is not documented whether CloudFormation ends
 *   the instances of a fleet that it deletes, and it cannot delete a network that is in use. After the deletion, when neither fleet nor controller is left
 *   to launch anything, a last look follows.
 * - Each step first reads the current state, so a teardown that is run again goes on where it broke off.
 */
import { newControllerMemory } from '../controller/memory.js';
import type { StackStanding } from '../ports.js';
import { deleteStack } from './delete-stack.js';
import { endInstances } from './end-instances.js';
import { lowerFleet } from './lower-fleet.js';
import { writeTeardownMark } from './mark.js';
import type { Reached, TeardownEvent, TeardownContext, TeardownPorts } from './context.js';
import { messageOf } from '../errors.js';
import { measureBucket, type Retained } from './retained.js';

export interface TeardownRequest {
  readonly stack: { readonly bucket: string; readonly maxWorkers: number };
  readonly by: string;
  /** The time that idle workers have to end themselves; after it the other instances are ended. */
  readonly graceMs: number;
  /** The state of the CloudFormation stack; undefined when there is none. */
  readonly standing: StackStanding | undefined;
}

export interface TeardownHooks {
  readonly report: (event: TeardownEvent) => void;
  readonly onReached: (reached: Reached) => void;
  readonly signal: AbortSignal;
}

/** Returns what is retained, or undefined when the bucket could not be read, for example because the permissions were deleted with the stack. */
export async function tearDown(
  ports: TeardownPorts,
  { stack, by, graceMs, standing }: TeardownRequest,
  { report, onReached, signal }: TeardownHooks,
): Promise<Retained | undefined> {
  const { maxWorkers, bucket } = stack;
  const context: TeardownContext = { ports, memory: newControllerMemory(), maxWorkers, report, signal };
  const hasStack = standing?.state !== 'deleted' && standing?.state !== 'deleting';
  if (hasStack) {
    const at = new Date(ports.clock.nowMs()).toISOString();
    await writeTeardownMark(ports.store, { by, at }, { at, signal });
    onReached('closed');
    report({ level: 'info', code: 'closed', message: 'The pool is closed: no controller raises its fleet any more.' });
  }
  const hasFleet = hasStack && (await lowerFleet(context, { graceMs, onLowered: () => onReached('lowered') }));
  await endInstances(context, hasFleet);
  onReached('ended');
  report({ level: 'good', code: 'zero', message: '0 instances: EC2 shows none of this pool.' });
  // The bucket is read before the stack is deleted, because the permissions to read it may go with the stack.
  const retained = await measured(context, bucket);
  if (ports.deployed === undefined) return retained;
  await deleteStack(ports.deployed, { clock: ports.clock, report, onBegun: () => onReached('deleting'), signal });
  onReached('deleted');
  report({ level: 'good', code: 'stack-deleted', message: 'The stack is deleted.' });
  await lookOnceMore(context);
  return retained;
}

/** A controller whose call took long may have raised the fleet after the last look. */
async function lookOnceMore(context: TeardownContext): Promise<void> {
  try {
    await endInstances(context, false);
  } catch (error) {
    context.signal.throwIfAborted();
    const message = `Could not see whether the stack left an instance behind: ${messageOf(error)}`;
    context.report({ level: 'warning', code: 'trouble', message });
  }
}

async function measured({ ports, report, signal }: TeardownContext, bucket: string): Promise<Retained | undefined> {
  try {
    return await measureBucket(ports.store, bucket, signal);
  } catch (error) {
    signal.throwIfAborted();
    report({ level: 'warning', code: 'bucket-unread', message: `Could not measure the bucket: ${messageOf(error)}` });
    return undefined;
  }
}
