import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ResultRow } from '../../../core/contract/result-row.js';
import { fileSink } from '../../../runner/results/file-sink.js';
import { CsvSurvey } from '../../../runner/results/forms/csv.js';
import { jsonLinesForm } from '../../../runner/results/forms/json-lines.js';
import { gzipOutput } from '../../../runner/results/gzip-output.js';
import { outTarget } from '../../../runner/results/out-target.js';
import { PLAIN_COLUMNS, type RowColumns, WHOLE } from '../../../runner/results/row-sink.js';
import { collected } from './support/collected.js';

const ok = (index: number, outputJson: string, more: Partial<ResultRow> = {}): ResultRow =>
  ({ index, ok: true, outputJson, ...more }) as ResultRow;
const failed = (index: number, code: string, message: string): ResultRow => ({
  index,
  ok: false,
  error: { code, message },
});

async function csv(rows: readonly ResultRow[], columns: RowColumns = PLAIN_COLUMNS): Promise<string> {
  const survey = new CsvSurvey(columns);
  survey.look(rows);
  const output = collected();
  const sink = fileSink(survey.form(), output);
  await sink.write(rows);
  await sink.finish(WHOLE);
  return output.text();
}

describe('CSV', () => {
  it('has a column for each field of the outputs, also for a field that the last row alone has', async () => {
    const text = await csv([ok(0, '{"b":1,"a":"x"}'), failed(1, 'Bad', 'no'), ok(2, '{"a":"y","late":true}')]);
    expect(text).toBe(
      'index,ok,b,a,late,error_code,error_message\n' + '0,true,1,x,,,\n' + '1,false,,,,Bad,no\n' + '2,true,,y,true,,\n',
    );
  });

  it('keeps the digits of numbers and the text of nested values', async () => {
    const text = await csv([ok(0, '{"n":1.0,"big":12345678901234567890,"e":1e400,"list":[1.0, "a"],"o":{"x":"é"}}')]);
    expect(text.split('\n')[1]).toBe('0,true,1.0,12345678901234567890,1e400,"[1.0, ""a""]","{""x"":""é""}",,');
  });

  it('quotes what CSV needs quotes for, and changes no text that a spreadsheet would run', async () => {
    const row = ok(0, JSON.stringify({ a: 'x,y', b: 'say "hi"', c: 'two\r\nlines', d: '=1+1', e: ' blank ', f: '' }));
    expect(await csv([row])).toContain('\n0,true,"x,y","say ""hi""","two\r\nlines",=1+1," blank ","",,\n');
  });

  it('leaves null and a missing field empty, and writes an empty text in quotes', async () => {
    expect(await csv([ok(0, '{"a":null}'), ok(1, '{}'), ok(2, '{"a":""}'), ok(3, 'null')])).toBe(
      'index,ok,a,error_code,error_message\n0,true,,,\n1,true,,,\n2,true,"",,\n3,true,,,\n',
    );
  });

  it('has one column of outputs when none of them has a field', async () => {
    expect(await csv([ok(0, '{}'), failed(1, 'Bad', 'no'), ok(2, '{ }')])).toBe(
      'index,ok,output,error_code,error_message\n0,true,{},,\n1,false,,Bad,no\n2,true,{ },,\n',
    );
  });

  it('has one column of outputs when one of them is no object', async () => {
    expect(await csv([ok(0, '{"a":1}'), ok(1, '4.50'), ok(2, '"=x"')])).toBe(
      'index,ok,output,error_code,error_message\n0,true,"{""a"":1}",,\n1,true,4.50,,\n2,true,=x,,\n',
    );
  });

  it('writes half a surrogate pair as the JSON text that escapes it', async () => {
    expect(await csv([ok(0, String.raw`{"a":"\ud800","b":"\ud83d\ude00"}`)])).toContain(
      String.raw`0,true,"""\ud800""",😀,,`,
    );
  });

  it('writes an error and a name that UTF-8 cannot hold as the JSON text that escapes it', async () => {
    const text = await csv([ok(0, String.raw`{"\ud800":1,"\ud801":2}`), failed(1, 'X', 'a\udc00')]);
    expect(text).toContain(String.raw`index,ok,"""\ud800""","""\ud801""",`);
    expect(text).toContain(String.raw`,X,"""a\udc00"""`);
  });

  it('gives columns of the same name different names', async () => {
    const columns = { hasId: true, keep: ['name', 'index'], hasInput: true, hasSource: true };
    const row = ok(0, '{"id":"o","name":2,"error_code":3}', {
      idJson: '"a"',
      keptJson: ['"n"', undefined],
      inputJson: '{"q":1}',
      source: { file: 'x.csv', row: 2 },
    });
    expect(await csv([row], columns)).toBe(
      'index,id,ok,name,kept.index,output.id,output.name,output.error_code,error_code,error_message,input,source_file,source_row\n' +
        '0,a,true,n,,o,2,3,,,"{""q"":1}",x.csv,2\n',
    );
  });

  it('of no rows is a header', async () => {
    expect(await csv([])).toBe('index,ok,output,error_code,error_message\n');
  });

  it('refuses a field that no row had when the columns were found, so that no value is lost', async () => {
    const survey = new CsvSurvey(PLAIN_COLUMNS);
    survey.look([ok(0, '{"a":1}')]);
    const sink = fileSink(survey.form(), collected());
    await expect(sink.write([ok(0, '{"a":1,"b":2}')])).rejects.toThrow('item 0 changed while the results were read');
  });

  it('keeps outputs with a thousand different keys and more in one column', async () => {
    const rows = Array.from({ length: 1_001 }, (_, n) => ok(n, `{"k${n}":1}`));
    expect((await csv(rows)).split('\n')[0]).toBe('index,ok,output,error_code,error_message');
  });
});

describe('gzip', () => {
  it('gives equal bytes for equal results, whatever the time and the system', async () => {
    const write = async (): Promise<Buffer> => {
      const output = collected();
      const sink = fileSink(jsonLinesForm(PLAIN_COLUMNS), gzipOutput(output));
      for (let n = 0; n < 300; n += 1) await sink.write([ok(n, JSON.stringify({ x: n ** 0.5 }))]);
      await sink.finish(WHOLE);
      return output.bytes();
    };
    const bytes = await write();
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    expect((await write()).equals(bytes)).toBe(true);
    expect(gunzipSync(bytes).toString().split('\n')).toHaveLength(301);
  });
});

describe('the name of --out', () => {
  it.each([
    ['x.jsonl', 'file', 'jsonl', false],
    ['x.ndjson', 'file', 'jsonl', false],
    ['x.CSV', 'file', 'csv', false],
    ['x.csv.gz', 'file', 'csv', true],
    ['x.gz', 'file', 'jsonl', true],
    ['x.parquet', 'file', 'parquet', false],
    ['results', 'file', 'jsonl', false],
    ['x.txt', 'file', 'jsonl', false],
    ['-', 'stream', 'jsonl', false],
    ['out/', 'folder', 'jsonl', false],
    ['s3://b/p/', 'prefix', 'jsonl', false],
  ])('%s means a %s of %s', (out, kind, format, gzip) => {
    expect(outTarget({ out })).toMatchObject({ kind, format, gzip });
  });

  it('is completed by --out-format and --part-size', () => {
    expect(outTarget({ out: 's3://b/a/p/', format: 'csv.gz', partBytes: 5e6 })).toEqual({
      kind: 'prefix',
      bucket: 'b',
      prefix: 'a/p/',
      format: 'csv',
      gzip: true,
      partBytes: 5e6,
      jsonColumns: false,
    });
    expect(outTarget({ out: 'x.txt', format: 'csv' })).toMatchObject({ kind: 'file', format: 'csv', gzip: false });
  });

  it.each([
    [{ out: 'x.tsv' }, /cannot be written as \.tsv/],
    [{ out: 'x.parquet.gz' }, /Parquet compresses its own columns/],
    [{ out: 'x.csv', format: 'jsonl' as const }, /contradicts/],
    [{ out: 'x.csv', partBytes: 1e6 }, /is one file/],
    [{ out: 's3://b/x.csv' }, /does not end in "\/"/],
    [{ out: 's3:///' }, /names no bucket/],
  ])('is refused when it cannot be written as it says: %o', (options, message) => {
    expect(() => outTarget(options)).toThrow(message);
  });
});
