/** Writes rows as JSON texts from the cursors of their columns. No row becomes an object on its way, so nothing of it can be changed or lost. */
import { MAX_LINE_BYTES } from '../line-blocks.js';
import type { LeafCursor } from './leaf-cursor.js';
import { leafNodes, type Member, type Node } from './nodes.js';
import type { Field } from './schema.js';
import { columnName } from './faults.js';

export interface RowText {
  readonly text: string;
  /** A predicate that completes "row N …" when JSON cannot say the row. */
  readonly problem: string | undefined;
  /** True when an integer of the row may be one that a double cannot hold. */
  readonly mayBeBig: boolean;
}

type Cursors = ReadonlyMap<Field, LeafCursor>;
type Write = () => string;

/** An integer beyond 2^53 has at least so many digits. */
const FEWEST_DIGITS = 16;

export class RowWriter {
  readonly #write: Write;
  readonly #cursors: Cursors;
  #problem: string | undefined;
  #mayBeBig = false;

  constructor(members: readonly Member[], cursors: Cursors) {
    this.#cursors = cursors;
    this.#write = this.#object(members);
  }

  next(): RowText {
    this.#problem = undefined;
    this.#mayBeBig = false;
    const text = this.#write();
    return { text, problem: this.#problem, mayBeBig: this.#mayBeBig };
  }

  #object(members: readonly Member[]): Write {
    const parts = members.map(({ name, node }, n) => ({
      key: `${n === 0 ? '{' : ','}${JSON.stringify(name)}:`,
      write: this.#node(node),
    }));
    return () => {
      let text = '';
      for (const { key, write } of parts) text += key + write();
      return `${text}}`;
    };
  }

  #node(node: Node): Write {
    switch (node.kind) {
      case 'leaf':
        return this.#leaf(this.#cursor(node.field));
      case 'struct':
        return this.#nullable(node.field, node, this.#object(node.members));
      case 'list': {
        const write = this.#repeated(node.repeated, this.#node(node.element), node, '[]');
        return node.field === undefined ? write : this.#nullable(node.field, node, write);
      }
      case 'map': {
        const [key, value] = [this.#node(node.key), this.#node(node.value)];
        const isObject = hasNameKeys(node.key);
        const name = columnName(node.field.path);
        const pair: Write = isObject ? () => this.#member(key(), value(), name) : () => `[${key()},${value()}]`;
        return this.#nullable(node.field, node, this.#repeated(node.repeated, pair, node, isObject ? '{}' : '[]'));
      }
      case 'unread':
        throw new Error(`the column ${columnName(node.field.path)} is not read`);
    }
  }

  /** The rules of Parquet want a key, but some writers leave it out. */
  #member(key: string, value: string, column: string): string {
    if (key === 'null')
      this.#problem ??= `holds a map with a null as a key, which JSON has no name for (column ${column})`;
    return `${key}:${value}`;
  }

  #leaf(cursor: LeafCursor): Write {
    const { field, type } = cursor;
    const { definition } = field;
    const mayBeBig = type.mayBeBig === true;
    return () => {
      if (cursor.definition < definition) {
        cursor.skip();
        return 'null';
      }
      const text = cursor.take();
      if (typeof text === 'string') {
        if (mayBeBig && text.length >= FEWEST_DIGITS) this.#mayBeBig = true;
        return text;
      }
      this.#problem ??= `holds ${text.reason} (column ${columnName(field.path)})`;
      return 'null';
    };
  }

  #nullable(field: Field, node: Node, write: Write): Write {
    if (!field.optional) return write;
    const [first, skip] = this.#all(node);
    return () => {
      if (first.definition >= field.definition) return write();
      skip();
      return 'null';
    };
  }

  #repeated(repeated: Field, element: Write, node: Node, brackets: '[]' | '{}'): Write {
    const [first, skip] = this.#all(node);
    const { definition, repetition } = repeated;
    return () => {
      if (first.definition < definition) {
        skip();
        return brackets;
      }
      let text = `${brackets[0]}${element()}`;
      while (first.repetition === repetition) {
        const next = element();
        // A row that no line can hold must not fill the memory.
        if (text.length <= MAX_LINE_BYTES) text += `,${next}`;
      }
      return text + brackets[1];
    };
  }

  /** The first column of the node, whose levels tell whether it is there, and a function that passes over the node in all its columns. */
  #all(node: Node): [LeafCursor, () => void] {
    const cursors = leafNodes(node).map(({ field }) => this.#cursor(field));
    const [first] = cursors;
    if (first === undefined) throw new Error('a column has no values');
    const skip = (): void => {
      for (const cursor of cursors) cursor.skip();
    };
    return [first, skip];
  }

  #cursor(field: Field): LeafCursor {
    const cursor = this.#cursors.get(field);
    if (cursor === undefined) throw new Error(`the column ${columnName(field.path)} is not open`);
    return cursor;
  }
}

/** Only texts can be the keys of a JSON object. */
export const hasNameKeys = (key: Node): boolean => key.kind === 'leaf' && key.type.kind === 'string';
