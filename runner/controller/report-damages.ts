/** Reports objects that are not what their keys say (R13): each once, however often it is read, and many of them in one sentence. */
import type { Damage, ObjectStore } from '../../core/contract/object-store.js';
import { printable } from '../../core/printable.js';

/** When more objects are damaged, a list of all of them helps nobody. */
export const MOST_REPORTED = 100;

/** The keys of objects that were reported. The caller keeps them, so that each is reported once. */
export type ReportedDamages = Set<string>;

/** Returns the same store, but its readers report damaged objects to `report`. */
export function reportingDamages(
  store: ObjectStore,
  reported: ReportedDamages,
  report: (sentence: string, key: string) => void,
): ObjectStore {
  return {
    get: (key, options) => store.get(key, options),
    stream: (key, options) => store.stream(key, options),
    head: (key, options) => store.head(key, options),
    put: (key, body, options) => store.put(key, body, options),
    upload: (key, body, options) => store.upload(key, body, options),
    list: (prefix, options) => store.list(prefix, options),
    listFolder: (prefix, options) => store.listFolder(prefix, options),
    damaged: (damage) => {
      if (reported.has(damage.key) || reported.size > MOST_REPORTED) return;
      reported.add(damage.key);
      report(reported.size > MOST_REPORTED ? MORE : sentenceOf(damage), damage.key);
    },
  };
}

const sentenceOf = ({ key, why }: Damage): string =>
  `The object ${printable(key)} ${why}. Check its content and who wrote it.`;

const MORE = `More than ${MOST_REPORTED} objects are damaged. They are treated as missing, and no more of them are named.`;
