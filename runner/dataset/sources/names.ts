/** The order of the names of files, and the names that hold no data. Pure. */

/** Compares in the byte order of UTF-8, in which S3 lists keys. JavaScript's own order differs for characters beyond U+FFFF. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** A surrogate is half of a character beyond U+FFFF, so it comes after every other unit. */
const byteRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit);

/**
 * Returns two neighbours of sorted names where numbers of different length make the order another one than that of the numbers, such as
 * `part-10` before `part-2`.
 */
export function misorderedNumbers(sorted: readonly string[]): readonly [string, string] | undefined {
  for (let n = 1; n < sorted.length; n++) {
    const [before = '', after = ''] = [sorted[n - 1], sorted[n]];
    if (isGreaterByNumber(before, after)) return [before, after];
  }
  return undefined;
}

function isGreaterByNumber(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  while (at > 0 && isDigit(a[at - 1])) at -= 1;
  const [left = '', right = ''] = [/^\d+/.exec(a.slice(at))?.[0], /^\d+/.exec(b.slice(at))?.[0]];
  if (left === '' || right === '' || left.length === right.length) return false;
  return BigInt(left) > BigInt(right);
}

const isDigit = (character = ''): boolean => character >= '0' && character <= '9';

/** Hidden files, the marks that programs of data lakes leave beside their data (`_SUCCESS`, `_metadata`), checksums of Hadoop, and our own leftovers. */
export function isLeftOut(name: string): boolean {
  return (
    name.startsWith('.') || (name.startsWith('_') && !name.includes('=')) || /\.crc$/i.test(name) || isLeftover(name)
  );
}

/** A command of ours that is killed while it writes results leaves a file with such a name. */
export const isLeftover = (name: string): boolean => /\.[0-9a-f]{8}\.partial$/.test(name);

/** Texts about the data, which people put beside it. */
export const isAboutData = (name: string): boolean =>
  /^(readme|licen[cs]e|notice|changelog|copying|citation)([._-].*)?$/i.test(name) &&
  !/\.(jsonl|csv|parquet)$/i.test(name);

export const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
