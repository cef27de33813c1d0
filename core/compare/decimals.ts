/** Compares numbers by their decimal text, because a double does not hold every integer or decimal fraction of JSON. */

/** A longer integer is compared as a double: nobody computes with so many digits, and a quadratic algorithm must not meet them. */
const MOST_DIGITS = 1_000;

/** True for `1`, `1.0` and `10e-1`, which are the same number. */
export const isSameDecimal = (a: string, b: string): boolean => a === b || normal(a) === normal(b);

/** Returns the digits without zeros at their ends, and the power of ten that they are multiplied with. */
function normal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(-?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  if (short === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - short.length);
  return `${sign}${short}e${power}`;
}

const isInteger = (text: string): boolean => /^-?\d+$/.test(text) && text.length <= MOST_DIGITS;

/** Returns the size of the difference as a double. It may be 0 where a double is too coarse, and Infinity where one of the numbers is too large. */
export function differenceOf(a: string, b: string): number {
  if (isInteger(a) && isInteger(b)) {
    const difference = BigInt(a) - BigInt(b);
    return Number(difference < 0n ? -difference : difference);
  }
  const difference = Math.abs(Number(a) - Number(b));
  return Number.isNaN(difference) ? Infinity : difference;
}

/** The difference as a share of the larger number. */
export function relativeDifference(a: string, b: string): number {
  const largest = Math.max(Math.abs(Number(a)), Math.abs(Number(b)));
  if (largest === 0) return 0;
  const share = differenceOf(a, b) / largest;
  return Number.isNaN(share) ? Infinity : share;
}

/** True when the numbers differ by at most the tolerance, of the larger of them or of 1. */
export function isWithin(a: string, b: string, tolerance: number): boolean {
  const scale = Math.max(1, Math.abs(Number(a)), Math.abs(Number(b)));
  return Number.isFinite(scale) && differenceOf(a, b) <= tolerance * scale;
}
