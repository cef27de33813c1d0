/** Compares the ids whose hashes are equal (id-set.ts). It reads the kept lines a second time, and only when some hashes are equal. */
import { idKey, type KeptLineCodec } from '../../../core/contract/kept-line.js';
import { oneLine, plural } from '../../display/format.js';
import type { IdSet } from './id-set.js';
import type { IdentityRequest } from './identity-request.js';
import type { ItemPlaces } from './item-places.js';
import { placeText, short } from './refusals.js';

export interface Duplicate {
  readonly idJson: string;
  readonly firstIndex: number;
  readonly index: number;
}

export interface Duplicates {
  /** How many items have an id that an earlier item has. */
  readonly items: number;
  /** There may be more such items, because too many ids had to be compared. */
  readonly mayBeMore: boolean;
  /** The first few of them. */
  readonly examples: readonly Duplicate[];
}

/** Their texts are in memory while they are compared. */
const MOST_COMPARED = 20_000;
const EXAMPLES = 5;

/** Returns undefined when all ids differ. `lines` yields the kept lines of all items, in their order. Add no ids to `ids` after this. */
export async function findDuplicates(
  ids: IdSet,
  codec: KeptLineCodec,
  lines: () => AsyncIterable<readonly string[]>,
): Promise<Duplicates | undefined> {
  if (!ids.findRepeated()) return undefined;
  const firstOf = new Map<string, number>();
  const examples: Duplicate[] = [];
  let items = 0;
  let mayBeMore = false;
  let index = -1;
  for await (const some of lines()) {
    for (const line of some) {
      index += 1;
      const idJson = codec.decode(line)?.idJson;
      if (idJson === undefined) continue;
      const key = idKey(idJson);
      if (!ids.mayBeRepeated(key)) continue;
      const firstIndex = firstOf.get(key);
      if (firstIndex !== undefined) {
        items += 1;
        if (examples.length < EXAMPLES) examples.push({ idJson, firstIndex, index });
      } else if (firstOf.size < MOST_COMPARED) firstOf.set(key, index);
      else mayBeMore = true;
    }
  }
  if (items > 0) return { items, mayBeMore, examples };
  if (mayBeMore) throw new Error('The ids cannot be compared: too many different ids have equal hashes.');
  return undefined;
}

/** The sentence has no full stop, because examples follow it. */
export function duplicatesText(
  { items, mayBeMore, examples }: Duplicates,
  request: IdentityRequest,
  places: ItemPlaces,
): string {
  const place = (index: number): string => placeText(request, { index, place: places.of(index) });
  const shown = examples.map(
    ({ idJson, firstIndex, index }) => `  ${short(idJson)}: ${place(firstIndex)} and ${place(index)}`,
  );
  const many = `${mayBeMore ? 'at least ' : ''}${plural(items, 'item')}`;
  const head = `${many} of the dataset ${oneLine(request.name)} ${items === 1 ? 'has' : 'have'} the id of an earlier item`;
  const some = items > examples.length || mayBeMore ? '. The first of them' : '';
  return `${head}${some}:\n${shown.join('\n')}`;
}
