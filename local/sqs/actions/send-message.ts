import { queueOf, type Action } from '../action.js';
import { readMessage, sentMessageToJson } from '../message-input.js';

export const sendMessage: Action = (context) => {
  const queue = queueOf(context);
  const [message] = queue.send([readMessage(context.input, queue.settings)]);
  return message === undefined ? undefined : sentMessageToJson(message);
};
