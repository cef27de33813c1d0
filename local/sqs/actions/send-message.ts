import { queueOf, type Action } from '../action.js';
import { readMessage } from '../message-input.js';

export const sendMessage: Action = (context) => {
  const queue = queueOf(context);
  const { message, digests } = readMessage(context.input, queue.settings);
  const [id = ''] = queue.send([message]);
  return { MessageId: id, ...digests };
};
