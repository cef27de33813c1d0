/** Recognises blank lines, which are not items. */

const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;

/** True when the line has only spaces and tabs. A `delimiter` does not count as blank, because a record of empty fields is a record. */
export function isBlank(bytes: Buffer, start: number, end: number, delimiter?: string): boolean {
  const separating = delimiter?.charCodeAt(0);
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === separating || (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN)) return false;
  }
  return true;
}
