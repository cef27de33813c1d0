import type { Action } from '../action.js';
import { SqsError } from '../errors.js';
import { decodeTaskHandle, queueOfArn } from '../task-handle.js';

export const cancelMessageMoveTask: Action = ({ input, store }) => {
  const { taskId, sourceArn } = decodeTaskHandle(input.requiredText('TaskHandle'));
  const source = queueOfArn(store, sourceArn, 'SourceArn');
  const task = store.moveTasks.list(source.arn).find(({ id, status }) => id === taskId && status === 'RUNNING');
  if (task === undefined) throw new SqsError('ResourceNotFoundException', 'Task does not exist.');
  store.moveTasks.cancel(task);
  return { ApproximateNumberOfMessagesMoved: task.moved };
};
