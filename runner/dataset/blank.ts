/** A line with nothing on it is no item. */

const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;

/** Nothing but spaces and tabs, of which `delimiter` is none: a record of empty fields is not blank. */
export function isBlank(bytes: Buffer, start: number, end: number, delimiter?: string): boolean {
  const separating = delimiter?.charCodeAt(0);
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === separating || (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN)) return false;
  }
  return true;
}
