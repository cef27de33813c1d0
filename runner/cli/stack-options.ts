/** The options that name a stack. */
import { type OptionValues, text, toggle } from './option-rows.js';

export const stackOptions = {
  local: toggle('use the local cloud'),
  stack: text('<file>', "use the stack of this file: a deploy's outputs, or the JSON of `spotpool local up --json`"),
};

export type StackFlags = OptionValues<typeof stackOptions>;
