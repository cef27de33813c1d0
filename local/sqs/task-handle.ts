/** Handles of move tasks, and the queues that their calls name. */
import { SqsError } from './errors.js';
import type { MoveTask } from './move-tasks.js';
import type { Queue } from './queue.js';
import type { SqsStore } from './store.js';

export const encodeTaskHandle = (task: MoveTask): string =>
  Buffer.from(JSON.stringify({ taskId: task.id, sourceArn: task.sourceArn })).toString('base64');

export function decodeTaskHandle(handle: string): { readonly taskId: string; readonly sourceArn: string } {
  try {
    const value = JSON.parse(Buffer.from(handle, 'base64').toString()) as Record<string, unknown> | null;
    const { taskId, sourceArn } = value ?? {};
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn };
  } catch {
    // The text is refused below, like any other text that is no handle.
  }
  throw new SqsError('InvalidParameterValue', 'Value for parameter TaskHandle is invalid.');
}

export function queueOfArn(store: SqsStore, arn: string, parameter: string): Queue {
  const queue = store.findByArn(arn);
  if (queue !== undefined) return queue;
  const message = `The resource that you specified for the ${parameter} parameter doesn't exist.`;
  throw new SqsError('ResourceNotFoundException', message);
}
