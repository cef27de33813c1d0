import { queueOf, type Action } from '../action.js';

export const deleteMessage: Action = (context) => {
  queueOf(context).delete(context.input.requiredText('ReceiptHandle'));
  return undefined;
};
