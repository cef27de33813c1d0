import { queueOf, type Action } from '../action.js';
import { batchResult, forEachEntry, readEntries } from '../batch.js';
import { readVisibilityChange } from '../visibility-input.js';

export const changeMessageVisibilityBatch: Action = (context) => {
  const queue = queueOf(context);
  const entries = readEntries(context.input, 'ChangeMessageVisibilityBatchRequestEntry');
  const { done, failed } = forEachEntry(entries, (entry) => {
    const { handle, visibilityTimeoutSeconds } = readVisibilityChange(entry);
    queue.changeVisibility(handle, visibilityTimeoutSeconds);
  });
  return batchResult(
    done.map(({ id }) => ({ Id: id })),
    failed,
  );
};
