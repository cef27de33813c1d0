/** Sentences about items whose id cannot be used. */
import { isId, MOST_ID_CHARACTERS } from '../../../core/contract/kept-line.js';
import { parseJson } from '../../../core/contract/shape.js';
import { oneLine, plural } from '../../display/format.js';
import { UserError } from '../../errors.js';
import type { IdentityRequest } from './identity-request.js';
import type { ItemPlace } from './item-places.js';

export interface PlacedItem {
  readonly index: number;
  readonly place: ItemPlace | undefined;
}

/** Nobody reads more names of fields. */
const NAMED_FIELDS = 10;
const NAME_CHARACTERS = 60;

/** Says where an item is from, for people: `part-2.csv, row 17`. */
export function placeText({ name, sourceName }: IdentityRequest, { index, place }: PlacedItem): string {
  if (place === undefined) return `item ${index} of ${oneLine(name)}`;
  return `${oneLine(sourceName?.(place.source) ?? name)}, row ${place.row}`;
}

/** `idJson` is the text of the field, when the item has it. */
export function refuseItem(request: IdentityRequest, item: PlacedItem, itemJson: string, idJson?: string): never {
  const field = quoted(request.idField ?? '');
  const where = placeText(request, item);
  if (idJson === undefined) throw new UserError(`${where}: ${missing(request, field, itemJson)}`);
  throw new UserError(`${where}: the field ${field} (--id-field) ${fault(idJson)}`);
}

function missing({ kind }: IdentityRequest, field: string, itemJson: string): string {
  if (kind === 'objects')
    return `the items are files, which have no field ${field}. Their id is their name: --id-field name`;
  const item = parseJson(itemJson);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return `the item is ${kindOf(item)}, so it has no field ${field} (--id-field).`;
  }
  const names = Object.keys(item);
  const shown = names.slice(0, NAMED_FIELDS).map(quoted).join(', ');
  const more = names.length > NAMED_FIELDS ? ` and ${plural(names.length - NAMED_FIELDS, 'other')}` : '';
  return `the item has no field ${field} (--id-field). It has ${names.length === 0 ? 'no fields' : `${shown}${more}`}.`;
}

function fault(idJson: string): string {
  if (!isId(idJson)) return `is ${kindOf(parseJson(idJson))}. An id is a string or a number.`;
  if (idJson === '""') return 'is empty. An id has at least one character.';
  return `has ${plural(idJson.length, 'character')}. An id has at most ${MOST_ID_CHARACTERS}.`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'boolean') return String(value);
  return `a ${typeof value}`;
}

/** A field's name, as it is shown in a message. */
export const quoted = (name: string): string => short(JSON.stringify(name));

/** An id or a name of any length, as it is shown in a message. */
export const short = (text: string): string =>
  oneLine(text.length <= NAME_CHARACTERS ? text : `${text.slice(0, NAME_CHARACTERS)}…`);
