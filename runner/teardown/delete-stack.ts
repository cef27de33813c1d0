/** Lets CloudFormation delete the stack, and waits until it is deleted. */
import { messageOf } from '../errors.js';
import type { Clock, DeployedStack } from '../ports.js';
import type { TeardownEvent } from './context.js';

const LOOK_MS = 5_000;
/** Three minutes are usual; network interfaces can delay the deletion of a VPC. */
const DELETED_WITHIN_MS = 45 * 60_000;
/** Right after the call CloudFormation may still show the earlier state. */
const BEGUN_WITHIN_MS = 30_000;

export interface DeletionContext {
  readonly clock: Clock;
  readonly report: (event: TeardownEvent) => void;
  readonly onBegun: () => void;
  readonly signal: AbortSignal;
}

export async function deleteStack(deployed: DeployedStack, context: DeletionContext): Promise<void> {
  const { clock, report, signal } = context;
  const { state: before } = await deployed.describe(signal);
  if (before === 'deleted') return;
  if (before !== 'deleting') await begin(deployed, signal);
  context.onBegun();
  report({
    level: 'info',
    code: 'deleting-stack',
    message: 'Deleting the CloudFormation stack; this takes some minutes.',
  });
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
      `Could not delete the stack: ${messageOf(error)}. A person who may deploy it can delete it now: npx cdk destroy`,
      { cause: error },
    );
  }
}
