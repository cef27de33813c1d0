/** Names that others give and that become parts of keys, of paths and of lines of a terminal. */
import { type Shape, text } from './contract/shape.js';

/** EC2's are `i-` and seventeen digits; emulators and tests have others. Neither `.` nor `..`. */
const INSTANCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const LONGEST_INSTANCE_ID = 64;

export const instanceId: Shape<string> = text(LONGEST_INSTANCE_ID, INSTANCE_ID);

export const isInstanceId = (name: string): boolean => name.length <= LONGEST_INSTANCE_ID && INSTANCE_ID.test(name);

/** A name of our own, such as an event's code: what every object of JavaScript has is none. */
export const isCode = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(name) && !(name in Object.prototype);
