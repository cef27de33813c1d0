import { expect, it } from 'vitest';
import type { DatasetNotice } from '../../../../runner/dataset/notice.js';
import { openParquet } from '../../../../runner/dataset/parquet/read-parquet.js';
import { Agreement } from '../../../../runner/dataset/sources/agreement.js';
import { refuseOtherColumns } from '../../../../runner/dataset/parquet/same-columns.js';
import { fixture, linesOfParquet, memorySource, never, type Written, written } from './sources.js';

const expected = (name: string): string[] => fixture(name).toString('utf8').trimEnd().split('\n');

it.each(['types', 'nested', 'duckdb'])('the values of %s are written as pyarrow or DuckDB reads them', async (name) => {
  expect(await linesOfParquet(memorySource(`${name}.parquet`))).toEqual(expected(`${name}.jsonl`));
});

it.each(['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'])('pages are unpacked with %s', async (codec) => {
  expect(await linesOfParquet(memorySource(`small_${codec}.parquet`))).toEqual(expected('small.jsonl'));
});

it('only the chosen columns are fetched, and they come in the order in which they were named', async () => {
  const all = memorySource('small_none.parquet');
  await linesOfParquet(all);
  const some = memorySource('small_none.parquet');
  const [first] = await linesOfParquet(some, { columns: ['list', 'id'] });
  expect(first).toBe('{"list":[],"id":0}');
  expect(
    JSON.parse((await linesOfParquet(memorySource('small_none.parquet'), { columns: ['word'] }))[1] ?? ''),
  ).toEqual({
    word: 'w1',
  });
  // Neighbouring columns are fetched at once: one read for the footer, and one for each row group.
  expect(all.reads).toHaveLength(4);
});

it('a dot reaches into a struct and the structs of a list, and a name with a dot comes first', async () => {
  const rows = await linesOfParquet(memorySource('nested.parquet'), {
    columns: ['struct.y', 'structs.deep.z', 'with.dot', 'struct.x'],
  });
  const whole = expected('nested.jsonl').map((line) => JSON.parse(line) as Nested);
  expect(rows.map((line) => JSON.parse(line) as unknown)).toEqual(
    whole.map((row) => ({
      struct: row.struct && { y: row.struct.y, x: row.struct.x },
      structs: row.structs?.map((one) => one && { deep: one.deep && { z: one.deep.z } }) ?? null,
      'with.dot': row['with.dot'],
    })),
  );
});

interface Point {
  readonly x: number | null;
  readonly y: string | null;
  readonly deep: { readonly z: unknown } | null;
}
interface Nested {
  readonly struct: Point | null;
  readonly structs: readonly (Point | null)[] | null;
  readonly 'with.dot': string | null;
}

it('an unknown column is refused with those that exist', async () => {
  await expect(linesOfParquet(memorySource('small_none.parquet'), { columns: ['id', 'wrod'] })).rejects.toThrow(
    'The Parquet file small_none.parquet has no column "wrod". It has "id", "word", "list".',
  );
});

it('a value that JSON cannot say makes its row a failed item, or with --strict an error', async () => {
  const rows = await linesOfParquet(memorySource('bad_values.parquet'));
  expect(rows).toEqual([
    '{"x":1.5,"s":"ok"}',
    expect.stringContaining('row 2 holds NaN, which JSON has no number for (column \\"x\\")'),
    expect.stringContaining('row 3 holds Infinity, which JSON has no number for (column \\"x\\")'),
    expect.stringContaining('row 4 holds a text that is not valid UTF-8 (column \\"s\\")'),
  ]);
  await expect(linesOfParquet(memorySource('bad_values.parquet'), { strict: true })).rejects.toThrow(
    'bad_values.parquet: row 2 holds NaN, which JSON has no number for (column "x"). Without --strict this row is a failed item.',
  );
});

it('a map with a null as a key makes its row a failed item, because no JSON object has such a name', async () => {
  const schema: Written = [
    { name: 'root', num_children: 1 },
    { name: 'm', repetition_type: 'OPTIONAL', converted_type: 'MAP', num_children: 1 },
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    { name: 'value', type: 'INT32', repetition_type: 'OPTIONAL' },
  ];
  const rows = [[{ key: 'a', value: 1 }], [{ key: null, value: 2 }], null];
  expect(await linesOfParquet(memorySource('keys', await written(schema, 'm', rows)))).toEqual([
    '{"m":{"a":1}}',
    expect.stringContaining('row 2 holds a map with a null as a key, which JSON has no name for (column \\"m\\")'),
    '{"m":null}',
  ]);
});

it('a decimal whose scale is against the rules is refused, and not read as another number', async () => {
  const schema: Written = [
    { name: 'root', num_children: 1 },
    { name: 'd', type: 'INT32', converted_type: 'DECIMAL', scale: -2, precision: 5, repetition_type: 'OPTIONAL' },
  ];
  const bytes = await written(schema, 'd', [100]);
  await expect(linesOfParquet(memorySource('scale', bytes))).rejects.toThrow(
    'The column "d" of the Parquet file scale is a decimal with a scale of -2, which spotpool does not read.',
  );
});

it('integers beyond 2^53 are reported for JavaScript, and become strings with --big-integers string', async () => {
  const notices: DatasetNotice[] = [];
  const notify = (notice: DatasetNotice): number => notices.push(notice);
  expect(await linesOfParquet(memorySource('big.parquet'), { forJavaScript: true, notify })).toEqual([
    '{"n":9007199254740993}',
    '{"n":5}',
  ]);
  expect(notices).toEqual([
    expect.objectContaining({
      level: 'warning',
      message: expect.stringContaining('row 1, field n: 9007199254740993') as string,
    }),
  ]);
  expect(await linesOfParquet(memorySource('big.parquet'), { bigIntegers: 'string' })).toEqual([
    '{"n":"9007199254740993"}',
    '{"n":5}',
  ]);
});

it('--limit ends in the middle of a row group, and a file without rows has no items', async () => {
  expect(await linesOfParquet(memorySource('small_none.parquet'), { limit: 17 })).toEqual(
    expected('small.jsonl').slice(0, 17),
  );
  expect(await linesOfParquet(memorySource('no_rows.parquet'))).toEqual([]);
});

it.each([
  ['no_columns.parquet', /has no columns, so its rows are no items/],
  ['twice.parquet', /has two columns with the name "a".*choose others with --columns/],
  ['encrypted_footer.parquet', /is encrypted, and spotpool has no keys/],
  ['encrypted_column.parquet', /The column "\w+" of the Parquet file encrypted_column.parquet is encrypted.*--columns/],
])('%s is refused with what to do', async (name, message) => {
  await expect(linesOfParquet(memorySource(name))).rejects.toThrow(message);
});

it('a column that is not encrypted is read from a file with an encrypted one', async () => {
  expect(await linesOfParquet(memorySource('encrypted_column.parquet'), { columns: ['open'] })).toEqual([
    '{"open":1}',
    '{"open":2}',
  ]);
});

it('files of one dataset have the same columns, in any order and with integers of any width', async () => {
  const open = (name: string, columns?: string[]): ReturnType<typeof openParquet> =>
    openParquet(memorySource(name), columns, never);
  const columnsOf = async (name: string, columns?: string[]): Promise<Parameters<typeof refuseOtherColumns>[0]> => ({
    name,
    members: (await open(name, columns)).members,
  });
  const small = await columnsOf('small_none.parquet');
  expect(() => refuseOtherColumns(small, small)).not.toThrow();
  const other = await columnsOf('other_type.parquet');
  expect(() => refuseOtherColumns(small, other)).toThrow(
    /The column "id" has the type integer in small_none.parquet, and string in other_type.parquet/,
  );
  const two = await columnsOf('small_none.parquet', ['word', 'id']);
  expect(() => refuseOtherColumns(small, two)).toThrow(/has a column "list", and .* has none/);
  expect(() => refuseOtherColumns(two, small)).toThrow(/has a column "list", and .* has none/);
  const turned = await columnsOf('small_zstd.parquet', ['list', 'word', 'id']);
  expect(() => refuseOtherColumns(small, turned)).not.toThrow();
});

it('a column of nulls fits any type, and two other types are refused although the first file has only nulls', async () => {
  const members = async (name: string, columns: string[]): Promise<Parameters<typeof refuseOtherColumns>[0]> => ({
    name,
    members: (await openParquet(memorySource(name), columns, never)).members,
  });
  const named = (
    file: string,
    { members: [member] }: Parameters<typeof refuseOtherColumns>[0],
  ): Parameters<typeof refuseOtherColumns>[0] => ({
    name: file,
    members: member === undefined ? [] : [{ ...member, name: 'x' }],
  });
  const nulls = named('1.parquet', await members('types.parquet', ['null']));
  const integers = named('2.parquet', await members('types.parquet', ['int64']));
  const strings = named('3.parquet', await members('types.parquet', ['string']));
  const agreement = new Agreement();
  agreement.requireColumns(nulls);
  agreement.requireColumns(integers);
  agreement.requireColumns(nulls);
  expect(() => agreement.requireColumns(strings)).toThrow(
    /The column "x" has the type integer in 2.parquet, and string in 3.parquet/,
  );
});
