/**
 * The files of one dataset must give items of one shape. Columns are compared by the kind of their JSON values, so an int32 beside an int64 is the same, and so is
 * another order. A column that has only nulls fits every other.
 */
import { UserError } from '../../errors.js';
import { columnName } from './faults.js';
import { kindOf, type Member, type Node } from './nodes.js';

export interface NamedColumns {
  readonly name: string;
  readonly members: readonly Member[];
}

/** Throws when a file's columns differ from those of the first file. */
export function refuseOtherColumns(first: NamedColumns, other: NamedColumns): void {
  compareMembers({ first: first.name, other: other.name }, first.members, other.members, []);
}

/** Returns true when a column that has only nulls in `known` has a type in `other`. */
export const addsTypes = (known: NamedColumns, other: NamedColumns): boolean =>
  addsToMembers(known.members, other.members);

function addsToMembers(known: readonly Member[], other: readonly Member[]): boolean {
  const byName = new Map(other.map(({ name, node }) => [name, node]));
  return known.some(({ name, node }) => {
    const found = byName.get(name);
    return found !== undefined && addsToNode(node, found);
  });
}

function addsToNode(known: Node, other: Node): boolean {
  if (known.kind === 'struct' && other.kind === 'struct') return addsToMembers(known.members, other.members);
  if (known.kind === 'list' && other.kind === 'list') return addsToNode(known.element, other.element);
  if (known.kind === 'map' && other.kind === 'map') return addsToNode(known.value, other.value);
  return kindOf(known) === 'null' && kindOf(other) !== 'null';
}

interface Names {
  readonly first: string;
  readonly other: string;
}

const REMEDY =
  'Rows of one dataset need the same columns: choose the common ones with --columns, or submit the files as two datasets.';

function compareMembers(
  names: Names,
  first: readonly Member[],
  other: readonly Member[],
  path: readonly string[],
): void {
  const byName = new Map(other.map(({ name, node }) => [name, node]));
  for (const { name, node } of first) {
    const found = byName.get(name);
    if (found === undefined) throw onlyIn(names.first, names.other, [...path, name]);
    byName.delete(name);
    compareNodes(names, node, found, [...path, name]);
  }
  const [extra] = byName.keys();
  if (extra !== undefined) throw onlyIn(names.other, names.first, [...path, extra]);
}

const onlyIn = (one: string, other: string, path: readonly string[]): UserError =>
  new UserError(`The Parquet file ${one} has a column ${columnName(path)}, and ${other} has none. ${REMEDY}`);

function compareNodes(names: Names, first: Node, other: Node, path: readonly string[]): void {
  if (kindOf(first) === 'null' || kindOf(other) === 'null') return;
  if (first.kind === 'struct' && other.kind === 'struct') {
    compareMembers(names, first.members, other.members, path);
    return;
  }
  if (first.kind === 'list' && other.kind === 'list') {
    compareNodes(names, first.element, other.element, path);
    return;
  }
  if (first.kind === 'map' && other.kind === 'map') {
    compareNodes(names, first.key, other.key, path);
    compareNodes(names, first.value, other.value, path);
    return;
  }
  if (kindOf(first) === kindOf(other)) return;
  throw new UserError(
    `The column ${columnName(path)} has the type ${kindOf(first)} in ${names.first}, and ${kindOf(other)} in ${names.other}. Write one of the files again with the other type, or leave the column out with --columns.`,
  );
}
