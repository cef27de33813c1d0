/** Tells of objects that are not what their keys say (R13): each once, however often it is read, and a flood of them in one sentence. */
import type { Damage, ObjectStore } from '../../core/contract/object-store.js';
import { printable } from '../../core/printable.js';

/** Whoever damages more than this damages everything: a list of all of it helps nobody. */
export const MOST_TOLD = 100;

/** Keys that were told of; kept by whoever wants to hear of each once. */
export type ToldDamages = Set<string>;

/** The same store, whose readers tell `tell` of what is damaged. */
export function tellingOfDamages(
  store: ObjectStore,
  told: ToldDamages,
  tell: (sentence: string, key: string) => void,
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
      if (told.has(damage.key) || told.size > MOST_TOLD) return;
      told.add(damage.key);
      tell(told.size > MOST_TOLD ? MORE : sentenceOf(damage), damage.key);
    },
  };
}

const sentenceOf = ({ key, why }: Damage): string =>
  `The object ${printable(key)} ${why}. Look at what it is and who wrote it.`;

const MORE = `More than ${MOST_TOLD} objects are not what their keys say. They are treated as missing, and are not named one by one any more.`;
