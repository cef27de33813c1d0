/** Finds what differs between two outputs, field by field. The order of keys and blanks make no difference. */
import { shorten } from '../shorten.js';
import { differenceOf, isSameDecimal, isWithin, relativeDifference } from './decimals.js';
import { type ExactJson, readExactJson } from './exact-json.js';

export interface OutputChange {
  /** The place in the output, such as `output.scores[3]`. */
  readonly path: string;
  /** The same place for all elements of an array: `output.scores[]`. */
  readonly field: string;
  /** The values as JSON text, cut when they are long. Undefined where there is no value. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Present when both values are numbers. */
  readonly number?: { readonly difference: number; readonly relative: number };
}

/** More changes of one item say nothing new. */
const MOST_CHANGES = 1_000;
const VALUE_CHARACTERS = 200;

/** Without a tolerance, numbers are equal when their decimal texts are the same number. */
export function outputChanges(before: string, after: string, tolerance?: number): readonly OutputChange[] {
  if (before === after) return [];
  const changes: OutputChange[] = [];
  compare({ path: 'output', field: 'output' }, readExactJson(before), readExactJson(after), { changes, tolerance });
  return changes;
}

interface Place {
  readonly path: string;
  readonly field: string;
}

interface Comparing {
  readonly changes: OutputChange[];
  readonly tolerance: number | undefined;
}

function compare(place: Place, a: ExactJson | undefined, b: ExactJson | undefined, comparing: Comparing): void {
  const { changes } = comparing;
  if (changes.length >= MOST_CHANGES) return;
  if (a?.kind === 'object' && b?.kind === 'object') return compareMembers(place, a.members, b.members, comparing);
  if (a?.kind === 'array' && b?.kind === 'array') return compareElements(place, a.elements, b.elements, comparing);
  if (a?.kind === 'number' && b?.kind === 'number') return compareNumbers(place, a.text, b.text, comparing);
  if (isSame(a, b)) return;
  changes.push({ ...place, before: textOf(a), after: textOf(b) });
}

function compareMembers(
  { path, field }: Place,
  a: ReadonlyMap<string, ExactJson>,
  b: ReadonlyMap<string, ExactJson>,
  comparing: Comparing,
): void {
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const step = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    compare({ path: path + step, field: field + step }, a.get(name), b.get(name), comparing);
  }
}

function compareElements(
  { path, field }: Place,
  a: readonly ExactJson[],
  b: readonly ExactJson[],
  comparing: Comparing,
): void {
  for (let n = 0; n < Math.max(a.length, b.length); n++) {
    if (comparing.changes.length >= MOST_CHANGES) return;
    compare({ path: `${path}[${n}]`, field: `${field}[]` }, a[n], b[n], comparing);
  }
}

function compareNumbers(place: Place, before: string, after: string, { changes, tolerance }: Comparing): void {
  if (isSameDecimal(before, after)) return;
  if (tolerance !== undefined && isWithin(before, after, tolerance)) return;
  const number = { difference: differenceOf(before, after), relative: relativeDifference(before, after) };
  changes.push({ ...place, before: cut(before), after: cut(after), number });
}

/** Numbers, arrays and objects of the same kind are compared elsewhere. */
function isSame(a: ExactJson | undefined, b: ExactJson | undefined): boolean {
  if (a?.kind === 'string' && b?.kind === 'string') return a.value === b.value;
  return a?.kind === 'text' && b?.kind === 'text' && a.text === b.text;
}

const cut = (text: string): string => shorten(text, VALUE_CHARACTERS);

function textOf(value: ExactJson | undefined): string | undefined {
  switch (value?.kind) {
    case undefined:
      return undefined;
    case 'number':
    case 'text':
      return cut(value.text);
    case 'string':
      return cut(JSON.stringify(value.value));
    case 'array':
      return `[${value.elements.length} ${value.elements.length === 1 ? 'element' : 'elements'}]`;
    case 'object':
      return `{${value.members.size} ${value.members.size === 1 ? 'field' : 'fields'}}`;
  }
}
