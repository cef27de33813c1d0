/** The columns of a results file in Parquet. They have the names and the order of the keys of a line in JSON Lines, so that the same query reads both. */
import type { ResultRow } from '../../../core/contract/result-row.js';
import { exactText } from '../forms/exact-text.js';
import type { RowColumns } from '../row-sink.js';
import { JsonScan } from './json-scan.js';
import type { ColumnShape } from './schema.js';
import { readValue, Shape, type ShapeLimits } from './shape.js';

export interface ResultColumn extends ColumnShape {
  /** Widens the column's type so that the row's value fits. */
  observe(row: ResultRow): void;
  /** The row's value, as the writer of Parquet takes it. */
  read(row: ResultRow): unknown;
}

export function resultColumns(columns: RowColumns, nested: boolean): readonly ResultColumn[] {
  const limits: ShapeLimits = { columns: 0, nested };
  const { hasId, keep, hasInput, hasSource, hasJob = false } = columns;
  return [
    fixed('index', Shape.of('integer', limits), ({ index }) => BigInt(index), true),
    ...(hasId ? [fromText('id', limits, ({ idJson }) => idJson)] : []),
    fixed('ok', Shape.of('boolean', limits), ({ ok }) => ok, true),
    fromText('output', limits, (row) => (row.ok ? row.outputJson : undefined)),
    fixed('error', texts(['code', 'message'], limits), (row) =>
      row.ok ? null : { code: exactText(row.error.code), message: exactText(row.error.message) },
    ),
    ...(keep.length > 0 ? [kept(keep, limits)] : []),
    ...(hasInput ? [fromText('input', limits, ({ inputJson }) => inputJson)] : []),
    ...(hasSource ? [sourceColumn(limits)] : []),
    ...(hasJob ? [fixed('job', Shape.of('string', limits), ({ job }) => job ?? null)] : []),
  ];
}

function fixed(name: string, shape: Shape, read: ResultColumn['read'], required = false): ResultColumn {
  const column = { name, shape, observe: () => undefined, read };
  return required ? { ...column, required } : column;
}

function texts(names: readonly string[], limits: ShapeLimits): Shape {
  return Shape.struct(new Map(names.map((name) => [name, Shape.of('string', limits)])), limits);
}

function fromText(name: string, limits: ShapeLimits, textOf: (row: ResultRow) => string | undefined): ResultColumn {
  const shape = new Shape(limits);
  return {
    name,
    shape,
    observe: (row) => {
      const text = textOf(row);
      if (text !== undefined) shape.observe(new JsonScan(text));
    },
    read: (row) => {
      const text = textOf(row);
      return text === undefined ? null : readValue(new JsonScan(text), shape);
    },
  };
}

function kept(keep: readonly string[], limits: ShapeLimits): ResultColumn {
  const fields = keep.map((name, n) => fromText(name, limits, ({ keptJson }) => keptJson?.[n]));
  const shape = Shape.struct(new Map(fields.map((field) => [field.name, field.shape])), limits);
  return {
    name: 'kept',
    shape,
    observe: (row) => {
      for (const field of fields) field.observe(row);
    },
    read: (row) => {
      if (row.keptJson === undefined) return null;
      const value = shape.blank();
      for (const field of fields) value[field.name] = field.read(row);
      return value;
    },
  };
}

function sourceColumn(limits: ShapeLimits): ResultColumn {
  const shape = Shape.struct(
    new Map([
      ['file', Shape.of('string', limits)],
      ['row', Shape.of('integer', limits)],
    ]),
    limits,
  );
  return fixed('source', shape, ({ source }) =>
    source === undefined ? null : { file: source.file, row: BigInt(source.row) },
  );
}
