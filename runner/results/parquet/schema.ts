/** The schema of a results file in Parquet, and how it is shown. */
import type { SchemaElement } from 'hyparquet';
import type { Shape } from './shape.js';

export interface ColumnShape {
  readonly name: string;
  readonly shape: Shape;
  /** The column has a value in every row. */
  readonly required?: true;
}

export const schemaElements = (columns: readonly ColumnShape[]): SchemaElement[] => [
  { name: 'results', num_children: columns.length },
  ...columns.flatMap(({ name, shape, required }) =>
    elementsOf(name, shape, required === true ? 'REQUIRED' : 'OPTIONAL'),
  ),
];

function elementsOf(name: string, shape: Shape, repetition: 'REQUIRED' | 'OPTIONAL'): SchemaElement[] {
  const base = { name, repetition_type: repetition };
  switch (shape.kind) {
    case 'boolean':
      return [{ ...base, type: 'BOOLEAN' }];
    case 'integer':
      return [{ ...base, type: 'INT64' }];
    case 'double':
      return [{ ...base, type: 'DOUBLE' }];
    case 'string':
    case 'json':
      return [{ ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }];
    case 'struct': {
      const { members } = shape;
      return [
        { ...base, num_children: members.length },
        ...members.flatMap((member) => elementsOf(member.name, member.shape, 'OPTIONAL')),
      ];
    }
    case 'list':
      return [
        { ...base, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementsOf('element', shape.element, 'OPTIONAL'),
      ];
  }
}

/** A schema may have hundreds of columns, and a line is read by a person. */
const MAX_SHOWN = 600;

/** Describes the columns in a line: `index int64, ok boolean, output {label string, score double}`. */
export function describeSchema(columns: readonly ColumnShape[]): string {
  const text = columns.map(({ name, shape }) => `${name} ${typeText(shape)}`).join(', ');
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'boolean':
    case 'double':
    case 'string':
      return shape.kind;
    case 'integer':
      return 'int64';
    case 'json':
      return 'string with JSON';
    case 'list':
      return `list of ${typeText(shape.element)}`;
    case 'struct':
      return `{${shape.members.map((member) => `${member.name} ${typeText(member.shape)}`).join(', ')}}`;
  }
}
