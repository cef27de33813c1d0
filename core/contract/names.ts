/** Names that others give. They become parts of keys and paths, and they are printed to a terminal. */
import { type Shape, text } from './shape.js';

/** EC2's ids are `i-` and seventeen digits; emulators and tests use other ids. The pattern admits neither `.` nor `..`. */
const INSTANCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const LONGEST_INSTANCE_ID = 64;

export const instanceId: Shape<string> = text(LONGEST_INSTANCE_ID, INSTANCE_ID);

export const isInstanceId = (name: string): boolean => name.length <= LONGEST_INSTANCE_ID && INSTANCE_ID.test(name);

/** Tells whether a name can be an event's code. The names that every JavaScript object has (`constructor` …) are refused. */
export const isCode = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(name) && !(name in Object.prototype);
