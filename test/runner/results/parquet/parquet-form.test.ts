import fc from 'fast-check';
import { type ColumnMetaData, parquetMetadata } from 'hyparquet';
import { expect, it } from 'vitest';
import type { ResultRow } from '../../../../core/contract/result-row.js';
import { parquetSurvey } from '../../../../runner/results/parquet/parquet-form.js';
import { PLAIN_COLUMNS, type RowColumns } from '../../../../runner/results/row-sink.js';
import { linesOfParquet, memorySource } from '../../dataset/parquet/sources.js';

interface Written {
  readonly bytes: Buffer;
  readonly described: string;
  readonly lines: readonly string[];
}

async function written(
  rows: readonly ResultRow[],
  columns: RowColumns = PLAIN_COLUMNS,
  jsonColumns = false,
): Promise<Written> {
  const survey = parquetSurvey({ columns, jsonColumns });
  survey.look(rows);
  const encoder = survey.form().encoder();
  const bytes = Buffer.concat([...(await encoder.encode(rows)), ...(await encoder.end())]);
  return { bytes, described: survey.describe(), lines: await linesOfParquet(memorySource('results.parquet', bytes)) };
}

const outputs = (...texts: readonly string[]): ResultRow[] =>
  texts.map((outputJson, index) => ({ index, ok: true, outputJson }));

const outputsOf = ({ lines }: Written): string[] =>
  lines.map((line) => /"output":(.*),"error":/.exec(line)?.[1] ?? `no output in ${line}`);

it('a row has the columns of a line in JSON Lines, in their order', async () => {
  const place = {
    idJson: '"a"',
    keptJson: ['7', undefined],
    inputJson: '{"x":[1]}',
    source: { file: 'a.csv', row: 3 },
  };
  const rows: ResultRow[] = [
    { index: 0, ok: true, outputJson: '{"label":"cat","scores":[0.5,1]}', ...place },
    { index: 1, ok: false, error: { code: 'BadItem', message: 'row 2 is bad' } },
  ];
  const columns = { hasId: true, keep: ['n', 'meta.x'], hasInput: true, hasSource: true };
  const { described, lines } = await written(rows, columns);
  expect(described).toBe(
    'index int64, id string, ok boolean, output {label string, scores list of double}, error {code string, message string}, ' +
      'kept {n int64, meta.x string}, input {x list of int64}, source {file string, row int64}',
  );
  expect(lines).toEqual([
    '{"index":0,"id":"a","ok":true,"output":{"label":"cat","scores":[0.5,1.0]},"error":null,"kept":{"n":7,"meta.x":null},"input":{"x":[1]},"source":{"file":"a.csv","row":3}}',
    '{"index":1,"id":null,"ok":false,"output":null,"error":{"code":"BadItem","message":"row 2 is bad"},"kept":null,"input":null,"source":null}',
  ]);
});

it('an error that UTF-8 cannot hold is the JSON text that escapes it', async () => {
  const { lines } = await written([{ index: 0, ok: false, error: { code: 'X', message: 'a\ud800' } }]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: { code: 'X', message: String.raw`"a\ud800"` } });
});

it.each([
  [
    'texts that UTF-8 cannot hold',
    [String.raw`"\ud800"`, '"b"'],
    'string with JSON',
    [String.raw`"\"\\ud800\""`, String.raw`"\"b\""`],
  ],
  ['a name that UTF-8 cannot hold', [String.raw`{"\ud800":1}`], 'string with JSON', [String.raw`"{\"\\ud800\":1}"`]],
  ['more digits than a double has', ['0.12345678901234567890'], 'string with JSON', ['"0.12345678901234567890"']],
  [
    'an integer with a point that no double holds',
    ['9007199254740993.0'],
    'string with JSON',
    ['"9007199254740993.0"'],
  ],
  ['a fraction below the least double', ['1e-400', '0.5'], 'string with JSON', ['"1e-400"', '"0.5"']],
  [
    'a double as JavaScript writes it',
    ['0.7676773071289062', '0.19141006469726562'],
    'double',
    ['0.7676773071289062', '0.19141006469726562'],
  ],
  ['the 17 digits of a double', ['0.10000000000000001', '-0.0', '5e-324'], 'double', ['0.1', '-0.0', '5e-324']],
  [
    'the shortest text of a double between two',
    ['0.7676773071289062', '7.676773071289062e-01'],
    'double',
    ['0.7676773071289062', '0.7676773071289062'],
  ],
  ['integers', ['1', '-9223372036854775808', 'null'], 'int64', ['1', '-9223372036854775808', 'null']],
  ['integers and fractions', ['1', '0.5', '-0.0', '1e300'], 'double', ['1.0', '0.5', '-0.0', '1e+300']],
  ['booleans', ['true', 'false'], 'boolean', ['true', 'false']],
  ['texts', [String.raw`"é\n\u0000"`, '""'], 'string', [String.raw`"é\n\u0000"`, '""']],
  [
    'an integer that no double holds beside a fraction',
    ['9007199254740993', '0.5'],
    'string with JSON',
    ['"9007199254740993"', '"0.5"'],
  ],
  ['an integer beyond 64 bits', ['18446744073709551615', '1'], 'string with JSON', ['"18446744073709551615"', '"1"']],
  ['a fraction beyond a double', ['1e400', '1'], 'string with JSON', ['"1e400"', '"1"']],
  [
    'different kinds',
    ['"a"', '1', '{"b": [1.0]}'],
    'string with JSON',
    [String.raw`"\"a\""`, '"1"', String.raw`"{\"b\": [1.0]}"`],
  ],
  ['empty objects', ['{}', '{ }'], 'string with JSON', ['"{}"', '"{ }"']],
  ['only nulls', ['null'], 'string', ['null']],
  ['lists of nothing', ['[]', '[null]'], 'list of string', ['[]', '[null]']],
  [
    'objects with other members',
    ['{"a":1}', '{"b":{"c":[{"d":null}]}}'],
    '{a int64, b {c list of {d string}}}',
    ['{"a":1,"b":null}', '{"a":null,"b":{"c":[{"d":null}]}}'],
  ],
])('the type that fits %s is found', async (_, texts, type, expected) => {
  const result = await written(outputs(...texts));
  expect(result.described).toContain(`output ${type}, error`);
  expect(outputsOf(result)).toEqual(expected);
});

it('objects and lists are JSON texts with --json-columns', async () => {
  const result = await written(outputs('{"b": 1.0}', 'null', '[1]'), PLAIN_COLUMNS, true);
  expect(result.described).toContain('output string with JSON');
  expect(outputsOf(result)).toEqual([String.raw`"{\"b\": 1.0}"`, 'null', '"[1]"']);
});

it('an object with more members than a table has columns is a JSON text', async () => {
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`word${n}`, n])));
  const result = await written(outputs(many, `{"counts":${many},"n":1}`));
  expect(result.described).toContain('output string with JSON');
  expect((await written(outputs(`{"counts":${many},"n":1}`))).described).toContain(
    'output {counts string with JSON, n int64}',
  );
});

it('an output comes back from the file as it was, whatever it is', async () => {
  const key = fc.constantFrom('a', 'b', 'c.d', '__proto__', '');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.string(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: false }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 6 }), async (values) => {
      const texts = values.map((one) => JSON.stringify(one));
      const result = await written(outputs(...texts));
      const back = result.lines.map((line) => (JSON.parse(line) as { readonly output: unknown }).output);
      const isJson = result.described.includes('output string with JSON');
      const plain = back.map((one) => (isJson && typeof one === 'string' ? (JSON.parse(one) as unknown) : one));
      expect(plain.map(withoutNulls)).toEqual(values.map((one) => withoutNulls(JSON.parse(JSON.stringify(one)))));
    }),
    { numRuns: 60 },
  );
});

/** A struct has all members of its column, so a missing one is null. A member with values of several kinds is a JSON text. */
function withoutNulls(value: unknown): unknown {
  if (typeof value === 'string' && /^[[{"\dtf-]/.test(value)) {
    try {
      return withoutNulls(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? value + 0 : value;
  return Object.entries(value)
    .filter(([, member]) => member !== null)
    .map(([name, member]) => [name, withoutNulls(member)])
    .toSorted();
}

it('the last of equal members counts, at any depth', async () => {
  const result = await written(
    outputs('{"a":1,"l":[{"b":[1,2],"b":[3]}],"a":null,"l":[{"b":[5],"b":null},{"b":[4]}]}', '{"l":[],"a":2,"a":3}'),
  );
  expect(outputsOf(result)).toEqual(['{"a":null,"l":[{"b":null},{"b":[4]}]}', '{"a":3,"l":[]}']);
});

it('a column of repeated values takes a dictionary, and one of long texts takes several pages', async () => {
  const texts = Array.from({ length: 20_000 }, (_, n) =>
    JSON.stringify({
      kind: `kind ${n % 7}`,
      n: n % 300,
      share: (n % 11) / 16,
      text: `é${n}`.padEnd(90, '.'),
      tags: ['x', n],
    }),
  );
  const result = await written(outputs(...texts), PLAIN_COLUMNS);
  expect(outputsOf(result).map((text) => JSON.parse(text) as unknown)).toEqual(
    texts.map((text) => ({
      ...(JSON.parse(text) as object),
      tags: ['"x"', String((JSON.parse(text) as { tags: unknown[] }).tags[1])],
    })),
  );
  const chunks = chunksOf(result);
  const encodings = (name: string) => chunks.get(name)?.encodings.at(-1);
  expect(['kind', 'n', 'share', 'text'].map((name) => encodings(`output.${name}`))).toEqual([
    'RLE_DICTIONARY',
    'RLE_DICTIONARY',
    'RLE_DICTIONARY',
    'PLAIN',
  ]);
  expect(chunks.get('output.text')?.encoding_stats?.[0]?.count).toBeGreaterThan(1);
});

it('each column says its least and its greatest value, and how many are missing', async () => {
  const result = await written(
    outputs(
      String.raw`{"t":"\uff5e","n":-5,"x":0.5,"b":true}`,
      String.raw`{"t":"\ud83d\ude00","n":9007199254740993,"x":-0.0,"b":false}`,
      '{"t":"a long text of more than sixteen bytes","n":null,"x":0.0}',
    ),
  );
  const of = (name: string) => chunksOf(result).get(name)?.statistics;
  expect(of('output.t')).toMatchObject({ min_value: 'a long text of m', max_value: '\u{1f600}', null_count: 0n });
  expect(of('output.t')).toMatchObject({ is_min_value_exact: false });
  expect(of('output.n')).toMatchObject({ min_value: -5n, max_value: 9007199254740993n, null_count: 1n });
  expect(of('output.x')).toMatchObject({ min_value: -0, max_value: 0.5 });
  expect(of('output.b')).toMatchObject({ min_value: false, max_value: true, null_count: 1n });
  expect(of('error.code')).toMatchObject({ null_count: 3n });
});

/** The metadata of the first row group's columns, by their names. */
function chunksOf({ bytes }: Written): ReadonlyMap<string, ColumnMetaData> {
  const { row_groups: groups } = parquetMetadata(new Uint8Array(bytes).buffer);
  return new Map(
    (groups[0]?.columns ?? []).flatMap(({ meta_data: data }) =>
      data === undefined ? [] : [[data.path_in_schema.join('.'), data] as const],
    ),
  );
}

it('many rows become row groups of bounded size', async () => {
  const rows = Array.from({ length: 60_000 }, (_, index): ResultRow => ({
    index,
    ok: true,
    outputJson: `{"n":${index}}`,
  }));
  const { lines } = await written(rows);
  expect(lines).toHaveLength(60_000);
  expect(lines[59_999]).toBe('{"index":59999,"ok":true,"output":{"n":59999},"error":null}');
});

it('every fraction that JavaScript writes is a double', async () => {
  // A fraction of a power of two may be as far from its last digit as from the next one.
  const fraction = fc
    .tuple(fc.maxSafeNat(), fc.integer({ min: 1, max: 60 }))
    .map(([n, bits]) => n / 2 ** bits + 2 ** -60);
  await fc.assert(
    fc.asyncProperty(fc.array(fraction, { minLength: 50, maxLength: 50 }), async (fractions) => {
      const { described } = await written(outputs('0.5', ...fractions.map((value) => JSON.stringify(value))));
      expect(described).toContain('output double,');
    }),
  );
});
