import type { Action } from '../action.js';
import { SqsError } from '../errors.js';
import { MAX_MOVED_PER_SECOND } from '../move-tasks.js';
import { encodeTaskHandle, queueOfArn } from '../task-handle.js';

export const startMessageMoveTask: Action = ({ input, store }) => {
  const source = queueOfArn(store, input.requiredText('SourceArn'), 'SourceArn');
  const destinationArn = input.text('DestinationArn');
  const perSecond = input.integerWithin('MaxNumberOfMessagesPerSecond', 1, MAX_MOVED_PER_SECOND);
  if (store.sourcesOf(source).length === 0) {
    throw new SqsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
  }
  const destination = destinationArn === undefined ? undefined : queueOfArn(store, destinationArn, 'DestinationArn');
  return { TaskHandle: encodeTaskHandle(store.moveTasks.start(source, destination, perSecond)) };
};
