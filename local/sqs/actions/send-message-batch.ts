import { queueOf, type Action } from '../action.js';
import { batchResult, forEachEntry, readEntries } from '../batch.js';
import { SqsError } from '../errors.js';
import { MAX_BATCH_BYTES } from '../limits.js';
import { readMessageAttributes } from '../message-attributes.js';
import { readMessage, sizeOfMessage } from '../message-input.js';

export const sendMessageBatch: Action = (context) => {
  const queue = queueOf(context);
  const entries = readEntries(context.input, 'SendMessageBatchRequestEntry');
  const sizes = forEachEntry(entries, (entry) =>
    sizeOfMessage(entry.text('MessageBody') ?? '', readMessageAttributes(entry.object('MessageAttributes'))),
  );
  const bytes = sizes.done.reduce((sum, { value }) => sum + value, 0);
  if (bytes > MAX_BATCH_BYTES) {
    const message = `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`;
    throw new SqsError('BatchRequestTooLong', message);
  }
  const { done, failed } = forEachEntry(entries, (entry) =>
    readMessage(entry, queue.settings, 'One or more parameters cannot be validated.'),
  );
  // All messages are sent in one step, so that a waiting poll gets as many of them as it asked for.
  const ids = queue.send(done.map(({ value }) => value.message));
  const successful = done.map(({ id, value }, i) => ({ Id: id, MessageId: ids[i] ?? '', ...value.digests }));
  return batchResult(successful, failed);
};
