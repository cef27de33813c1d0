/** The actions that are served. Any other is an unknown operation. */
import type { Action } from './action.js';
import { cancelMessageMoveTask } from './actions/cancel-message-move-task.js';
import { changeMessageVisibilityBatch } from './actions/change-message-visibility-batch.js';
import { changeMessageVisibility } from './actions/change-message-visibility.js';
import { createQueue } from './actions/create-queue.js';
import { deleteMessageBatch } from './actions/delete-message-batch.js';
import { deleteMessage } from './actions/delete-message.js';
import { deleteQueue } from './actions/delete-queue.js';
import { getQueueAttributes } from './actions/get-queue-attributes.js';
import { getQueueUrl } from './actions/get-queue-url.js';
import { listDeadLetterSourceQueues } from './actions/list-dead-letter-source-queues.js';
import { listMessageMoveTasks } from './actions/list-message-move-tasks.js';
import { listQueueTags } from './actions/list-queue-tags.js';
import { listQueues } from './actions/list-queues.js';
import { purgeQueue } from './actions/purge-queue.js';
import { receiveMessage } from './actions/receive-message.js';
import { sendMessageBatch } from './actions/send-message-batch.js';
import { sendMessage } from './actions/send-message.js';
import { setQueueAttributes } from './actions/set-queue-attributes.js';
import { startMessageMoveTask } from './actions/start-message-move-task.js';
import { tagQueue } from './actions/tag-queue.js';
import { untagQueue } from './actions/untag-queue.js';

export const actions: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    CancelMessageMoveTask: cancelMessageMoveTask,
    ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
    ChangeMessageVisibility: changeMessageVisibility,
    CreateQueue: createQueue,
    DeleteMessageBatch: deleteMessageBatch,
    DeleteMessage: deleteMessage,
    DeleteQueue: deleteQueue,
    GetQueueAttributes: getQueueAttributes,
    GetQueueUrl: getQueueUrl,
    ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
    ListMessageMoveTasks: listMessageMoveTasks,
    ListQueueTags: listQueueTags,
    ListQueues: listQueues,
    PurgeQueue: purgeQueue,
    ReceiveMessage: receiveMessage,
    SendMessageBatch: sendMessageBatch,
    SendMessage: sendMessage,
    SetQueueAttributes: setQueueAttributes,
    StartMessageMoveTask: startMessageMoveTask,
    TagQueue: tagQueue,
    UntagQueue: untagQueue,
  }),
);
