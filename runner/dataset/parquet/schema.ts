/** The columns of a Parquet file as a tree, checked: a parser of Parquet believes what the file says about its own shape. */
import type { FileMetaData, SchemaElement } from 'hyparquet';
import { UserError } from '../../errors.js';
import { columnName, damaged } from './faults.js';

export interface Field {
  readonly name: string;
  readonly path: readonly string[];
  readonly element: SchemaElement;
  readonly optional: boolean;
  readonly repeated: boolean;
  /** The definition level from which on the field has a value. */
  readonly definition: number;
  /** The repetition level of the innermost repeated field down to this one. */
  readonly repetition: number;
  readonly children: readonly Field[];
  /** The number of the column that holds the values. Undefined for a field with children. */
  readonly leaf?: number;
  /** The elements from the root to this field. */
  readonly elements: readonly SchemaElement[];
}

/** Real schemas nest less than ten deep. */
const MAX_DEPTH = 64;
/** Each column of a table needs memory while a row group is read. */
const MAX_COLUMNS = 50_000;

export function fieldsOf(name: string, { schema }: FileMetaData): readonly Field[] {
  const root = schema[0];
  if (root === undefined) throw damaged(name, 'its footer has no schema');
  if (schema.length > MAX_COLUMNS) {
    throw new UserError(
      `The Parquet file ${name} has ${schema.length} columns, and spotpool reads up to ${MAX_COLUMNS}.`,
    );
  }
  const reader = new SchemaReader(name, schema);
  const fields = reader.children(root, undefined, 0);
  if (!reader.atEnd) throw damaged(name, 'its schema has more fields than it says');
  return fields;
}

class SchemaReader {
  readonly #name: string;
  readonly #schema: readonly SchemaElement[];
  #next = 1;
  #leaves = 0;

  constructor(name: string, schema: readonly SchemaElement[]) {
    this.#name = name;
    this.#schema = schema;
  }

  get atEnd(): boolean {
    return this.#next === this.#schema.length;
  }

  children(element: SchemaElement, parent: Field | undefined, depth: number): Field[] {
    if (depth > MAX_DEPTH) throw damaged(this.#name, `its schema nests more than ${MAX_DEPTH} deep`);
    const fields: Field[] = [];
    const count = element.num_children ?? 0;
    while (fields.length < count) fields.push(this.#field(parent, depth));
    return fields;
  }

  #field(parent: Field | undefined, depth: number): Field {
    const element = this.#schema[this.#next];
    this.#next += 1;
    if (typeof element?.name !== 'string') throw damaged(this.#name, 'its schema is not whole');
    const { repetition_type: repetition } = element;
    const [optional, repeated] = [repetition === 'OPTIONAL', repetition === 'REPEATED'];
    const field: Field = {
      name: element.name,
      path: [...(parent?.path ?? []), element.name],
      element,
      optional,
      repeated,
      definition: (parent?.definition ?? 0) + (optional || repeated ? 1 : 0),
      repetition: (parent?.repetition ?? 0) + (repeated ? 1 : 0),
      elements: [...(parent?.elements ?? []), element],
      children: [],
    };
    if (element.type !== undefined) {
      if ((element.num_children ?? 0) > 0)
        throw damaged(this.#name, `its column ${columnName(field.path)} has both values and fields`);
      const leaf = this.#leaves;
      this.#leaves += 1;
      return { ...field, leaf };
    }
    const children = this.children(element, field, depth + 1);
    if (children.length === 0) throw damaged(this.#name, `its column ${columnName(field.path)} has no type`);
    return { ...field, children };
  }
}
