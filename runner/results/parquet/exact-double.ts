/** Tells which decimal numbers come back from a double with all their digits. Pure. */

/** Every decimal number with so many digits comes back from a double. */
const SAFE_DIGITS = 15;
const LEAST_NORMAL = 2 ** -1022;
/** `toPrecision` takes no more digits than these. */
const MOST_DIGITS = 100;

/**
 * True when the double has the digits of the text, written as JavaScript writes it or with as many digits as the text has. The two may differ: of two
 * texts at the same distance from the double, `toPrecision` takes the larger one.
 */
export function isDouble(text: string, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  if (text.length <= SAFE_DIGITS && Math.abs(number) >= LEAST_NORMAL) return true;
  // Most programs write the shortest text of a double. Where two of them are as near, `toPrecision` may round to the other one.
  const shortest = String(number);
  if (shortest === text) return true;
  const digits = digitsOf(text);
  if (digitsOf(shortest) === digits) return true;
  if (digits === '') return true; // zero
  if (digits.length <= SAFE_DIGITS && Math.abs(number) >= LEAST_NORMAL) return true;
  return digits.length <= MOST_DIGITS && digitsOf(number.toPrecision(digits.length)) === digits;
}

/** The digits of a number without the zeros at its ends. */
const digitsOf = (text: string): string =>
  text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
