/**
 * Keys in their order, as a tree of folders, so that a listing costs what it lists. Keys are ASCII, whose order by characters is that of S3's bytes.
 *
 * Invariant: a folder's name ends in `/`, so the order of names in a folder is the order of the keys below them.
 */

interface Folder<T> {
  readonly entries: Map<string, Folder<T> | Leaf<T>>;
  /** The names in order; `isSorted` says whether they are. */
  names: string[];
  isSorted: boolean;
}

interface Leaf<T> {
  value: T;
}

export interface Page<T> {
  readonly objects: readonly (readonly [key: string, value: T])[];
  readonly folders: readonly string[];
  /** The name after which the next page begins; undefined on the last page. */
  readonly next: string | undefined;
}

const isLeaf = <T>(entry: Folder<T> | Leaf<T>): entry is Leaf<T> => 'value' in entry;

export class Folders<T> {
  readonly #root: Folder<T> = newFolder();
  size = 0;

  get(key: string): T | undefined {
    const folder = this.#folder(key, false);
    const entry = folder?.entries.get(nameOf(key));
    return entry !== undefined && isLeaf(entry) ? entry.value : undefined;
  }

  set(key: string, value: T): void {
    const folder = this.#folder(key, true) as Folder<T>;
    const name = nameOf(key);
    const entry = folder.entries.get(name);
    if (entry !== undefined && isLeaf(entry)) {
      entry.value = value;
      return;
    }
    add(folder, name, { value });
    this.size += 1;
  }

  /** Lists at most `most` keys with the prefix behind `after`; with `byFolder` those directly below, and the folders. */
  page(prefix: string, { after = '', most, byFolder }: { after?: string; most: number; byFolder: boolean }): Page<T> {
    const objects: (readonly [string, T])[] = [];
    const folders: string[] = [];
    const slash = prefix.lastIndexOf('/') + 1;
    const folder = this.#folder(prefix, false);
    let next: string | undefined;
    const walk = (at: Folder<T>, path: string, start: string): boolean => {
      sort(at);
      const { names } = at;
      const from = path + start;
      for (
        let index = firstAtLeast(
          names,
          after > from && after.startsWith(path) ? nextName(after.slice(path.length)) : start,
        );
        index < names.length;
        index += 1
      ) {
        const name = names[index] as string;
        const full = path + name;
        if (!full.startsWith(prefix)) return true;
        const entry = at.entries.get(name) as Folder<T> | Leaf<T>;
        if (isLeaf(entry) || byFolder) {
          if (full <= after) continue;
          if (objects.length + folders.length >= most) {
            next = objects.length === 0 ? folders.at(-1) : maxText(objects.at(-1)?.[0] ?? '', folders.at(-1) ?? '');
            return false;
          }
          if (isLeaf(entry)) objects.push([full, entry.value]);
          else folders.push(full);
        } else if (!walk(entry, full, '')) return false;
      }
      return true;
    };
    if (folder !== undefined) walk(folder, prefix.slice(0, slash), prefix.slice(slash));
    return { objects, folders, next };
  }

  /** The folder that a key or prefix lies in. */
  #folder(key: string, create: boolean): Folder<T> | undefined {
    let folder = this.#root;
    for (let from = 0; ;) {
      const slash = key.indexOf('/', from);
      if (slash < 0) return folder;
      const name = key.slice(from, slash + 1);
      from = slash + 1;
      let entry = folder.entries.get(name);
      if (entry === undefined) {
        if (!create) return undefined;
        entry = newFolder<T>();
        add(folder, name, entry);
      }
      folder = entry as Folder<T>;
    }
  }
}

const newFolder = <T>(): Folder<T> => ({ entries: new Map(), names: [], isSorted: true });
const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
const maxText = (a: string, b: string): string => (a > b ? a : b);

/** The name in a folder at which a walk behind a key begins: the folder that holds the key is walked, too. */
function nextName(rest: string): string {
  const slash = rest.indexOf('/');
  return slash < 0 ? rest : rest.slice(0, slash + 1);
}

function add<T>(folder: Folder<T>, name: string, entry: Folder<T> | Leaf<T>): void {
  const last = folder.names.at(-1);
  if (last !== undefined && last > name) folder.isSorted = false;
  folder.names.push(name);
  folder.entries.set(name, entry);
}

function sort<T>(folder: Folder<T>): void {
  if (folder.isSorted) return;
  folder.names.sort((a, b) => (a < b ? -1 : 1));
  folder.isSorted = true;
}

function firstAtLeast(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] as string) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
