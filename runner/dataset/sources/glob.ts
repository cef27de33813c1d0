/** Patterns of names (globs): `*`, `?`, `[…]`, `{a,b}`, and `**` for folders of any depth. */
import picomatch from 'picomatch';

const SPECIAL = /[*?[{]/;
const ESCAPABLE = /[*?[\]{}\\]/;

export const isGlob = (name: string): boolean => SPECIAL.test(name);

/** Parentheses are ordinary characters: names such as "data (1).csv" are common. A name with a leading dot needs a pattern with one. */
const RULES = { noextglob: true, nonegate: true, strictSlashes: true } as const;

export interface Glob {
  /** The folders before the first wildcard, with a slash at their end. Empty when there is none. */
  readonly base: string;
  /** The longest text without a wildcard at the beginning of the pattern. */
  readonly literal: string;
  /** The name begins with the base. */
  matches(name: string): boolean;
  /** True when a name below this folder, relative to the base, may match. */
  leadsTo(folder: string): boolean;
}

export function parseGlob(pattern: string): Glob {
  const { literal, base, rest } = beginningOf(pattern);
  // The base is compared as it is, because it may have characters with a meaning in patterns.
  const isMatch = picomatch(rest, RULES);
  const deep = deepFrom(rest);
  const segments = rest.split('/').map((segment) => picomatch(segment, RULES));
  return {
    base,
    literal,
    matches: (name) => name.startsWith(base) && isMatch(name.slice(base.length)),
    leadsTo: (folder) => {
      const names = folder.split('/');
      if (names.length >= segments.length && deep >= segments.length) return false;
      return names.slice(0, deep).every((name, n) => segments[n]?.(name) ?? true);
    },
  };
}

/** Finds the part before the first wildcard. A backslash takes the meaning from the wildcard behind it: `data\[1\].csv` is `data[1].csv`. */
export function beginningOf(pattern: string): Pick<Glob, 'literal' | 'base'> & { readonly rest: string } {
  let literal = '';
  let [base, rest] = ['', pattern];
  for (let at = 0; at < pattern.length; at += 1) {
    const isEscaped = pattern[at] === '\\' && ESCAPABLE.test(pattern[at + 1] ?? '');
    if (isEscaped) at += 1;
    else if (SPECIAL.test(pattern[at] ?? '')) break;
    literal += pattern[at] ?? '';
    if (pattern[at] === '/') [base, rest] = [literal, pattern.slice(at + 1)];
  }
  return { literal, base, rest };
}

/** Returns the number of segments before one that may cover several folders. */
function deepFrom(pattern: string): number {
  const segments = pattern.split('/');
  const at = segments.findIndex((segment) => segment.includes('**') || segment.includes('{'));
  return at === -1 ? segments.length : at;
}
