/** The versions of spotpool, their order, and the lowest worker that may take a job. */

/** The version in package.json, which the worker's bundle cannot read. */
export const SPOTPOOL_VERSION = '0.5.0';

/** A change that lets a job ask for something that older workers do not know raises this to the version of that change. */
export const LOWEST_WORKER_VERSION = '0.5.0';

/** Three numbers, then the name of a prerelease; the name of a build (`+…`) does not count. https://semver.org/#semantic-versioning-specification-semver */
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

export const isVersion = (text: string): boolean => VERSION.test(text);

/** Returns a negative number when `a` is older, 0 when both are the same. A text that is not a version is older than any version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part]) - Number(right[part]);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left[4], right[4]);
}

function comparePrereleases(a: string | undefined, b: string | undefined): number {
  // A release is newer than its prereleases.
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [left, right] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = compareIdentifiers(left[at] ?? '', right[at] ?? '');
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return Number(a) - Number(b);
  // Numbers are older than words.
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}
