import { definedFields } from '../../defined-fields.js';
import type { Action } from '../action.js';
import type { JsonObject } from '../input.js';
import type { MoveTask } from '../move-tasks.js';
import { encodeTaskHandle, queueOfArn } from '../task-handle.js';

const MAX_RESULTS = 10;

export const listMessageMoveTasks: Action = ({ input, store }) => {
  const source = queueOfArn(store, input.requiredText('SourceArn'), 'SourceArn');
  const max = input.integerWithin('MaxResults', 1, MAX_RESULTS) ?? 1;
  const tasks = store.moveTasks.list(source.arn).slice(0, max);
  return tasks.length === 0 ? {} : { Results: tasks.map(taskToJson) };
};

const taskToJson = (task: MoveTask): JsonObject => ({
  ...(task.status === 'RUNNING' ? { TaskHandle: encodeTaskHandle(task) } : {}),
  Status: task.status,
  SourceArn: task.sourceArn,
  ...definedFields({ DestinationArn: task.destinationArn, MaxNumberOfMessagesPerSecond: task.perSecond }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  ...definedFields({ FailureReason: task.failureReason }),
  StartedTimestamp: task.startedMs,
});
