/** Chooses the columns to read: all of them, or those of `--columns`. */
import { UserError } from '../../errors.js';
import { columnName } from './faults.js';
import type { Member, Node } from './nodes.js';

/** A message lists so many columns at most. A table may have thousands. */
const LISTED_COLUMNS = 30;

/** Refuses columns that do not exist, that occur twice, and those whose type cannot be read. `columns` undefined means all. */
export function selectColumns(
  name: string,
  members: readonly Member[],
  columns: readonly string[] | undefined,
): readonly Member[] {
  if (members.length === 0) throw new UserError(`The Parquet file ${name} has no columns, so its rows are no items.`);
  const selected =
    columns === undefined ? members : columns.reduce((chosen, column) => add(name, members, chosen, column), noMembers);
  checkAll(name, selected, []);
  return selected;
}

const noMembers: readonly Member[] = [];

function add(name: string, members: readonly Member[], chosen: readonly Member[], column: string): readonly Member[] {
  const found = pick(members, column);
  if (found === undefined) throw unknownColumn(name, members, column);
  return merged(chosen, found);
}

/** A dot reaches into a struct, and into the structs of a list. A name that has the dot itself comes first, and so does a longer name. */
function pick(members: readonly Member[], column: string): readonly Member[] | undefined {
  const whole = members.filter((member) => member.name === column);
  if (whole.length > 0) return whole;
  for (let dot = column.lastIndexOf('.'); dot > 0; dot = column.lastIndexOf('.', dot - 1)) {
    const [head, rest] = [column.slice(0, dot), column.slice(dot + 1)];
    const within = members
      .filter((member) => member.name === head)
      .flatMap(({ name, node }) => {
        const inner = pickInside(node, rest);
        return inner === undefined ? [] : [{ name, node: inner }];
      });
    if (within.length > 0) return within;
  }
  return undefined;
}

function pickInside(node: Node, column: string): Node | undefined {
  if (node.kind === 'struct') {
    const members = pick(node.members, column);
    return members && { ...node, members };
  }
  if (node.kind !== 'list') return undefined;
  const element = pickInside(node.element, column);
  return element && { ...node, element };
}

/** Two columns of one struct are two members of it: `--columns user.name,user.age`. */
function merged(chosen: readonly Member[], more: readonly Member[]): readonly Member[] {
  return more.reduce<readonly Member[]>((members, member) => {
    const at = members.findIndex(({ name, node }) => name === member.name && fieldOf(node) === fieldOf(member.node));
    const before = members[at];
    if (before === undefined) return [...members, member];
    return members.with(at, { name: member.name, node: mergedNode(before.node, member.node) });
  }, chosen);
}

function mergedNode(one: Node, other: Node): Node {
  if (one.kind === 'struct' && other.kind === 'struct') return { ...one, members: merged(one.members, other.members) };
  if (one.kind === 'list' && other.kind === 'list') return { ...one, element: mergedNode(one.element, other.element) };
  return one;
}

const fieldOf = (node: Node): unknown => (node.kind === 'list' ? (node.field ?? node.repeated) : node.field);

function checkAll(name: string, members: readonly Member[], path: readonly string[]): void {
  const seen = new Set<string>();
  for (const member of members) {
    const here = [...path, member.name];
    if (seen.has(member.name)) {
      throw new UserError(
        `The Parquet file ${name} has two columns with the name ${columnName(here)}, and an item can have only one. Rename one of them, or choose others with --columns.`,
      );
    }
    seen.add(member.name);
    checkNode(name, member.node, here);
  }
}

function checkNode(name: string, node: Node, path: readonly string[]): void {
  switch (node.kind) {
    case 'leaf':
      return;
    case 'struct':
      checkAll(name, node.members, path);
      return;
    case 'list':
      checkNode(name, node.element, path);
      return;
    case 'map':
      checkNode(name, node.key, path);
      checkNode(name, node.value, path);
      return;
    case 'unread':
      throw new UserError(
        `The column ${columnName(path)} of the Parquet file ${name} ${node.reason}, which spotpool does not read. Convert the column to text, or choose others with --columns.`,
      );
  }
}

function unknownColumn(name: string, members: readonly Member[], column: string): UserError {
  const names = members.map((member) => JSON.stringify(member.name));
  const more = names.length > LISTED_COLUMNS ? ` and ${names.length - LISTED_COLUMNS} more` : '';
  return new UserError(
    `The Parquet file ${name} has no column ${JSON.stringify(column)}. It has ${names.slice(0, LISTED_COLUMNS).join(', ')}${more}.`,
  );
}
