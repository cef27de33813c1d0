/** The columns of a results file in Parquet. They have the names and the order of the keys of a line in JSON Lines, so that the same query reads both. */
import type { ResultRow } from '../../../core/contract/result-row.js';
import { exactText } from '../forms/exact-text.js';
import type { RowColumns } from '../row-sink.js';
import { JsonScan } from './json-scan.js';
import { Booleans } from './leaf/booleans.js';
import { Integers } from './leaf/integers.js';
import { Leaf } from './leaf/leaf.js';
import { Texts } from './leaf/texts.js';
import type { ColumnShape } from './schema.js';
import { Shape, type ShapeLimits } from './shape.js';
import { type Shredder, shredderOf } from './shred.js';

export interface ResultColumn extends ColumnShape {
  /** Widens the column's type so that the row's value fits. */
  observe(row: ResultRow): void;
  /** Begins to take values apart, after all rows were observed. */
  begin(): RowShredder;
}

/** Takes the values of a column apart, row by row. */
export interface RowShredder {
  readonly leaves: readonly Leaf[];
  add(row: ResultRow): void;
}

type TextOf = (row: ResultRow) => string | undefined;

export function resultColumns(columns: RowColumns, nested: boolean): readonly ResultColumn[] {
  const limits: ShapeLimits = { columns: 0, nested };
  const { hasId, keep, hasInput, hasSource, hasJob = false } = columns;
  return [
    indexColumn(limits),
    ...(hasId ? [fromText('id', limits, ({ idJson }) => idJson)] : []),
    okColumn(limits),
    fromText('output', limits, (row) => (row.ok ? row.outputJson : undefined)),
    errorColumn(limits),
    ...(keep.length > 0 ? [kept(keep, limits)] : []),
    ...(hasInput ? [fromText('input', limits, ({ inputJson }) => inputJson)] : []),
    ...(hasSource ? [sourceColumn(limits)] : []),
    ...(hasJob ? [jobColumn(limits)] : []),
  ];
}

const observe = (): void => undefined;

function indexColumn(limits: ShapeLimits): ResultColumn {
  const begin = (): RowShredder => {
    const leaf = new Leaf({ path: ['index'], maxDefinition: 0, maxRepetition: 0 }, new Integers());
    const add = ({ index }: ResultRow): void => {
      leaf.values.push(index);
      leaf.add(0, 0);
    };
    return { leaves: [leaf], add };
  };
  return { name: 'index', shape: Shape.of('integer', limits), required: true, observe, begin };
}

function okColumn(limits: ShapeLimits): ResultColumn {
  const begin = (): RowShredder => {
    const leaf = new Leaf({ path: ['ok'], maxDefinition: 0, maxRepetition: 0 }, new Booleans());
    const add = ({ ok }: ResultRow): void => {
      leaf.values.push(ok);
      leaf.add(0, 0);
    };
    return { leaves: [leaf], add };
  };
  return { name: 'ok', shape: Shape.of('boolean', limits), required: true, observe, begin };
}

/** Every row has a job where jobs are named. */
function jobColumn(limits: ShapeLimits): ResultColumn {
  const begin = (): RowShredder => {
    const leaf = new Leaf({ path: ['job'], maxDefinition: 0, maxRepetition: 0 }, new Texts());
    const add = ({ job = '' }: ResultRow): void => {
      leaf.values.push(job);
      leaf.add(0, 0);
    };
    return { leaves: [leaf], add };
  };
  return { name: 'job', shape: Shape.of('string', limits), required: true, observe, begin };
}

/** The leaf of a member of a struct that is a column. */
const memberPlace = (column: string, member: string) => ({
  path: [column, member],
  maxDefinition: 2,
  maxRepetition: 0,
});

function errorColumn(limits: ShapeLimits): ResultColumn {
  const begin = (): RowShredder => {
    const code = new Leaf(memberPlace('error', 'code'), new Texts());
    const message = new Leaf(memberPlace('error', 'message'), new Texts());
    const add = (row: ResultRow): void => {
      const definition = row.ok ? 0 : 2;
      code.add(0, definition);
      message.add(0, definition);
      if (row.ok) return;
      code.values.push(exactText(row.error.code));
      message.values.push(exactText(row.error.message));
    };
    return { leaves: [code, message], add };
  };
  const text = (name: string) => [name, Shape.of('string', limits)] as const;
  const shape = Shape.struct(new Map([text('code'), text('message')]), limits);
  return { name: 'error', shape, observe, begin };
}

function sourceColumn(limits: ShapeLimits): ResultColumn {
  const begin = (): RowShredder => {
    const file = new Leaf(memberPlace('source', 'file'), new Texts());
    const row = new Leaf(memberPlace('source', 'row'), new Integers());
    const add = ({ source }: ResultRow): void => {
      const definition = source === undefined ? 0 : 2;
      file.add(0, definition);
      row.add(0, definition);
      if (source === undefined) return;
      file.values.push(source.file);
      row.values.push(source.row);
    };
    return { leaves: [file, row], add };
  };
  const members = new Map([
    ['file', Shape.of('string', limits)],
    ['row', Shape.of('integer', limits)],
  ]);
  return { name: 'source', shape: Shape.struct(members, limits), observe, begin };
}

function fromText(name: string, limits: ShapeLimits, textOf: TextOf): ResultColumn {
  const shape = new Shape(limits);
  const scan = new JsonScan();
  return {
    name,
    shape,
    observe: (row) => {
      const text = textOf(row);
      if (text !== undefined) shape.observe(scan.reset(text));
    },
    begin: () => {
      const shredder = shredderOf(shape, { path: [name], maxDefinition: 1, maxRepetition: 0 });
      return { leaves: shredder.leaves, add: (row) => addText(shredder, scan, textOf(row), 0) };
    },
  };
}

/** `definition` tells how much of the path is there when the text is not. */
function addText(shredder: Shredder, scan: JsonScan, text: string | undefined, definition: number): void {
  if (text === undefined) shredder.miss(0, definition);
  else shredder.take(scan.reset(text), 0);
}

function kept(keep: readonly string[], limits: ShapeLimits): ResultColumn {
  const scan = new JsonScan();
  const fields = keep.map((name) => ({ name, shape: new Shape(limits) }));
  const shape = Shape.struct(new Map(fields.map((field) => [field.name, field.shape])), limits);
  return {
    name: 'kept',
    shape,
    observe: ({ keptJson = [] }) => {
      for (const [n, field] of fields.entries()) {
        const text = keptJson[n];
        if (text !== undefined) field.shape.observe(scan.reset(text));
      }
    },
    begin: () => {
      const shredders = fields.map((field) => shredderOf(field.shape, memberPlace('kept', field.name)));
      return {
        leaves: shredders.flatMap(({ leaves }) => leaves),
        add: ({ keptJson }) => {
          for (const [n, shredder] of shredders.entries())
            addText(shredder, scan, keptJson?.[n], keptJson === undefined ? 0 : 1);
        },
      };
    },
  };
}
