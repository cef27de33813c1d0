import { queueOf, type Action } from '../action.js';
import { batchResult, forEachEntry, readEntries } from '../batch.js';

export const deleteMessageBatch: Action = (context) => {
  const queue = queueOf(context);
  const entries = readEntries(context.input, 'DeleteMessageBatchRequestEntry');
  const { done, failed } = forEachEntry(entries, (entry) => queue.delete(entry.requiredText('ReceiptHandle')));
  return batchResult(
    done.map(({ id }) => ({ Id: id })),
    failed,
  );
};
