/** Has CloudFormation delete the stack, and waits until it has. */
import { messageOf } from '../errors.js';
import type { Clock, DeployedStack } from '../ports.js';
import type { TeardownEvent } from './means.js';

const LOOK_MS = 5_000;
/** Some three minutes are usual; network interfaces can hold a VPC up for longer. */
const DELETED_WITHIN_MS = 45 * 60_000;
/** A look right after the call may still show what was before. */
const BEGUN_WITHIN_MS = 30_000;

export interface DeletionMeans {
  readonly clock: Clock;
  readonly tell: (event: TeardownEvent) => void;
  readonly onBegun: () => void;
  readonly signal: AbortSignal;
}

export async function deleteStack(deployed: DeployedStack, means: DeletionMeans): Promise<void> {
  const { clock, tell, signal } = means;
  const { state: before } = await deployed.describe(signal);
  if (before === 'deleted') return;
  if (before !== 'deleting') await begin(deployed, signal);
  means.onBegun();
  tell({ level: 'info', code: 'deleting-stack', message: 'CloudFormation deletes the stack: some minutes.' });
  const startMs = clock.nowMs();
  for (let hasBegun = before === 'deleting'; ;) {
    await clock.sleep(LOOK_MS, signal);
    const { state, reason } = await deployed.describe(signal);
    if (state === 'deleted') return;
    hasBegun ||= state === 'deleting';
    const tookMs = clock.nowMs() - startMs;
    if (state === 'stuck' && (hasBegun || tookMs > BEGUN_WITHIN_MS)) {
      throw new Error(`CloudFormation could not delete the stack: ${reason ?? 'its events say why'}`);
    }
    if (tookMs > DELETED_WITHIN_MS) {
      throw new Error(`CloudFormation has not deleted the stack within ${DELETED_WITHIN_MS / 60_000} minutes.`);
    }
  }
}

async function begin(deployed: DeployedStack, signal: AbortSignal): Promise<void> {
  try {
    await deployed.delete(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(
      `The stack could not be deleted: ${messageOf(error)}. Whoever may deploy it can delete it now: npx cdk destroy`,
      { cause: error },
    );
  }
}
