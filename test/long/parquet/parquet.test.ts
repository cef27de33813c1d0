import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { install } from '../../../bench/peers/install.js';
import { ARROW, chemblFile, flightsFile } from '../../../bench/peers/packages.js';
import { encodeResultRow, type ResultRow } from '../../../core/contract/result-row.js';
import { openParquet, readParquet } from '../../../runner/dataset/parquet/read-parquet.js';
import { UserError } from '../../../runner/errors.js';
import { parquetSurvey } from '../../../runner/results/parquet/parquet-form.js';
import { PLAIN_COLUMNS } from '../../../runner/results/row-sink.js';
import { fixture, linesOfParquet, memorySource } from '../../runner/dataset/parquet/sources.js';

const HERE = import.meta.dirname;
const signal = new AbortController().signal;

let python: string;
let folder: string;
beforeAll(async () => {
  python = path.join(await install(ARROW), 'venv/bin/python');
  folder = await mkdtemp(path.join(os.tmpdir(), 'spotpool-parquet-'));
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const runPython = (script: string, ...args: string[]): string =>
  execFileSync(python, [path.join(HERE, script), ...args], { encoding: 'utf8', maxBuffer: 1 << 24 });

/** Writes the rows of `file` as JSON Lines beside it. */
async function convert(file: string): Promise<void> {
  const handle = await open(file);
  const { size } = await handle.stat();
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    return buffer.subarray(0, bytesRead);
  };
  const out = createWriteStream(`${file}.jsonl`);
  try {
    const parquet = await openParquet({ name: file, size, read }, undefined, signal);
    for await (const { bytes } of readParquet(parquet, { name: file, strict: true }, signal)) out.write(bytes);
  } finally {
    await handle.close();
    out.end();
    await finished(out);
  }
}

async function compareAll(place: string): Promise<string> {
  for (const name of await readdir(place)) if (name.endsWith('.parquet')) await convert(path.join(place, name));
  return runPython('compare.py', place).trim();
}

it('every codec, page version, encoding, type and nesting that pyarrow writes is read as pyarrow reads it', async () => {
  const place = await mkdtemp(path.join(folder, 'all-'));
  runPython('tables.py', place);
  expect(await compareAll(place)).toBe('137 files, 1456643 rows');
});

it('files that others have made are read as pyarrow reads them', async () => {
  const place = await mkdtemp(path.join(folder, 'others-'));
  await symlink(await chemblFile(python), path.join(place, 'chembl.parquet'));
  const tests = execFileSync(python, ['-c', 'import pyarrow; print(pyarrow.__path__[0])'], { encoding: 'utf8' }).trim();
  const data = path.join(tests, 'tests/data/parquet');
  const old = (await readdir(data)).filter((name) => name.startsWith('v0.7.1') && name.endsWith('.parquet'));
  for (const name of old) await symlink(path.join(data, name), path.join(place, name));
  expect(old.length).toBeGreaterThan(2);
  expect(await compareAll(place)).toMatch(/^\d+ files, \d+ rows$/);
});

it('3,000,000 flights are read as pyarrow reads them', async () => {
  const file = path.join(folder, 'flights.parquet');
  await symlink(await flightsFile(), file);
  await convert(file);
  const script = `
import pyarrow as pa, pyarrow.json as pj, pyarrow.parquet as pq, sys
ours = pj.read_json(sys.argv[1] + '.jsonl', parse_options=pj.ParseOptions(explicit_schema=pa.schema([('date', pa.string())])))
theirs = pq.read_table(sys.argv[1])
for name in theirs.column_names:
    wanted = theirs[name]
    if name == 'date':
        import pyarrow.compute as pc
        wanted = pc.strftime(wanted, '%Y-%m-%dT%H:%M:%S')
    assert wanted.combine_chunks().equals(ours[name].combine_chunks().cast(wanted.type)), name
print(theirs.num_rows)`;
  expect(execFileSync(python, ['-c', script, file], { encoding: 'utf8' }).trim()).toBe('3000000');
});

it('what is written is read by pyarrow and DuckDB with the same values', async () => {
  const texts = [
    [
      '{"label":"cat","score":0.5,"boxes":[[1,2],[]],"meta":{"n":null}}',
      '{"label":null,"score":1,"boxes":null}',
      'null',
      '{"meta":{"n":9223372036854775807}}',
    ],
    ['1', '-9223372036854775808', 'null'],
    ['0.1', '-0.0', '5e-324', '3'],
    ['"naïve 😀"', '""', String.raw`"\"\\\n\u0000"`],
    ['"a"', '1', '{"x":[true]}', '18446744073709551615'],
    ['[{"a":[{"b":"x"}]},null,{}]', '[]', 'null'],
    ['[]', '[null]'],
    ['true', 'false'],
    [JSON.stringify({ '': 1, 'a.b': 2, __proto__x: 3, constructor: 4 }), '{}'],
  ];
  for (const [n, outputs] of texts.entries()) {
    const rows: ResultRow[] = Array.from({ length: 3_000 }, (_, index) =>
      index % 7 === 6
        ? { index, ok: false, error: { code: 'BadItem', message: `row ${index}` } }
        : { index, ok: true, outputJson: outputs[index % outputs.length] ?? 'null' },
    );
    const survey = parquetSurvey({ columns: PLAIN_COLUMNS });
    survey.look(rows);
    const encoder = survey.form().encoder();
    const file = path.join(folder, `written-${n}`);
    await writeFile(`${file}.parquet`, Buffer.concat([...(await encoder.encode(rows)), ...(await encoder.end())]));
    await writeFile(`${file}.jsonl`, rows.map((row) => encodeResultRow(row)).join(''));
    expect(runPython('written.py', `${file}.parquet`, `${file}.jsonl`)).toContain('index: int64 not null');
  }
});

it('thousands of damaged files give rows or an error that names the file', async () => {
  const files = ['small_none.parquet', 'small_zstd.parquet', 'small_snappy.parquet', 'types.parquet', 'nested.parquet'];
  const originals = new Map(files.map((name) => [name, fixture(name)]));
  const change = fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 5 }),
      async (name, changes) => {
        const bytes = Buffer.from(originals.get(name) ?? Buffer.alloc(0));
        for (const [place, mask] of changes) {
          const at = Math.floor(place * bytes.length);
          bytes[at] = (bytes[at] ?? 0) ^ mask;
        }
        const outcome = await linesOfParquet(memorySource('x.parquet', bytes), { limit: 1_000 }).catch(
          (error: unknown) => error,
        );
        if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(UserError);
      },
    ),
    { numRuns: 4_000 },
  );
  expect(process.memoryUsage().rss).toBeLessThan(1e9);
});
