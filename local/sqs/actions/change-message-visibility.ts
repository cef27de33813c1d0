import { queueOf, type Action } from '../action.js';
import { readVisibilityChange } from '../visibility-input.js';

export const changeMessageVisibility: Action = (context) => {
  const queue = queueOf(context);
  const { handle, visibilityTimeoutSeconds } = readVisibilityChange(context.input);
  queue.changeVisibility(handle, visibilityTimeoutSeconds);
  return undefined;
};
