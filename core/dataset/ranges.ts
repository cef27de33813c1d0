/**
 * A set of batch numbers as sorted, disjoint, non-adjacent ranges, written as `"0-41,43"`. A hundred thousand outcomes that came nearly in order make a
 * short line.
 */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export type Ranges = readonly Range[];

export function parseRanges(text: string): Ranges {
  if (text === '') return [];
  const ranges = text.split(',').map((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match?.[1] === undefined) throw new Error(`Not a list of ranges: "${part}" in "${text.slice(0, 80)}".`);
    return { first: Number(match[1]), last: Number(match[2] ?? match[1]) };
  });
  return normalise(ranges);
}

export function formatRanges(ranges: Ranges): string {
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

export function addToRanges(ranges: Ranges, numbers: readonly number[]): Ranges {
  if (numbers.length === 0) return ranges;
  return normalise([...ranges, ...numbers.map((number) => ({ first: number, last: number }))]);
}

export function countOf(ranges: Ranges): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Finds the range that holds `number`, by binary search. */
export function rangeHolding(ranges: Ranges, number: number): Range | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle] as Range;
    if (number < range.first) high = middle - 1;
    else if (number > range.last) low = middle + 1;
    else return range;
  }
  return undefined;
}

function normalise(ranges: readonly Range[]): Ranges {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else merged.push({ first, last });
  }
  return merged;
}
