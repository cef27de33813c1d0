/**
 * The meaning of a file's columns: values, structs, lists and maps. Lists and maps have several layouts, because the rules came late.
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types
 */
import { type LeafType, leafType } from './leaf-types.js';
import type { Field } from './schema.js';

export type Node =
  | LeafNode
  | { readonly kind: 'struct'; readonly field: Field; readonly members: readonly Member[] }
  /** `field` is absent for a list that has no field of its own around it, and so is never null. */
  | { readonly kind: 'list'; readonly field?: Field; readonly repeated: Field; readonly element: Node }
  | { readonly kind: 'map'; readonly field: Field; readonly repeated: Field; readonly key: Node; readonly value: Node }
  /** `reason` is a clause that follows the column's name. */
  | { readonly kind: 'unread'; readonly field: Field; readonly reason: string };

export interface LeafNode {
  readonly kind: 'leaf';
  readonly field: Field;
  readonly type: LeafType;
}

export interface Member {
  readonly name: string;
  readonly node: Node;
}

export const membersOf = (fields: readonly Field[]): readonly Member[] =>
  fields.map((field) => ({ name: field.name, node: nodeOf(field) }));

function nodeOf(field: Field): Node {
  return field.repeated ? { kind: 'list', repeated: field, element: elementOf(field) } : elementOf(field);
}

/** The meaning of a field apart from its repetition. */
function elementOf(field: Field): Node {
  if (field.leaf !== undefined) {
    const type = leafType(field.element);
    return typeof type === 'string' ? { kind: 'unread', field, reason: type } : { kind: 'leaf', field, type };
  }
  const { logical_type: logical, converted_type: converted } = field.element;
  const annotation = logical?.type ?? converted;
  const [repeated, ...others] = field.children;
  if (annotation === 'VARIANT') return { kind: 'unread', field, reason: 'is a VARIANT' };
  if (repeated?.repeated === true && others.length === 0) {
    if (annotation === 'LIST') return { kind: 'list', field, repeated, element: elementInList(field, repeated) };
    const [key, value, ...rest] = repeated.children;
    const isMap = annotation === 'MAP' || annotation === 'MAP_KEY_VALUE';
    if (isMap && key !== undefined && value !== undefined && rest.length === 0) {
      return { kind: 'map', field, repeated, key: nodeOf(key), value: nodeOf(value) };
    }
  }
  return { kind: 'struct', field, members: membersOf(field.children) };
}

/** The repeated field is the element itself in the layouts of old writers. */
function elementInList(list: Field, repeated: Field): Node {
  const [child, ...others] = repeated.children;
  const isElement =
    child === undefined ||
    others.length > 0 ||
    child.repeated ||
    repeated.name === 'array' ||
    repeated.name === `${list.name}_tuple`;
  return isElement ? elementOf(repeated) : nodeOf(child);
}

/** The columns that hold the node's values, in the order in which they are read. */
export function leafNodes(node: Node): readonly LeafNode[] {
  switch (node.kind) {
    case 'leaf':
      return [node];
    case 'struct':
      return node.members.flatMap((member) => leafNodes(member.node));
    case 'list':
      return leafNodes(node.element);
    case 'map':
      return [...leafNodes(node.key), ...leafNodes(node.value)];
    case 'unread':
      return [];
  }
}

/** Names the kind of the JSON values, for messages. */
export function kindOf(node: Node): string {
  switch (node.kind) {
    case 'leaf':
      return node.type.kind;
    case 'struct':
      return 'struct';
    case 'list':
      return `list of ${kindOf(node.element)}`;
    case 'map':
      return `map of ${kindOf(node.value)}`;
    case 'unread':
      return 'unknown';
  }
}
