import { describe, expect, it } from 'vitest';
import { documentReason, formatByName, namedGzip } from '../../../core/dataset/dataset-format.js';

describe('the name of a dataset', () => {
  it.each([
    ['a.jsonl', 'jsonl'],
    ['dir.csv/a.ndjson.gz', 'jsonl'],
    ['A.CSV', 'csv'],
    ['a.csv.gz', 'csv'],
    ['a.tsv', 'tsv'],
    ['a.txt', 'text'],
    ['molecules.smi', 'text'],
  ])('says of %s that it is %s', (path, format) => {
    expect(formatByName(path)).toEqual({ kind: 'format', format });
  });

  it.each(['names', 'names.gz', 'part-00000', 'items.jl', '/dev/fd/63'])('says nothing of %s', (path) => {
    expect(formatByName(path)).toEqual({ kind: 'unknown' });
  });

  it.each(['a.parquet', 'a.zip', 'a.csv.zst', 'a.tar.gz', 'a.xlsx'])('is enough to refuse %s', (path) => {
    expect(formatByName(path)).toMatchObject({ kind: 'unsupported' });
  });

  it('tells whether it should be compressed', () => {
    expect(['a.gz', 'A.CSV.GZ', 'a.csv', 'gz'].filter(namedGzip)).toEqual(['a.gz', 'A.CSV.GZ']);
  });
});

it('a JSON document is refused with the command that makes lines of it, which does not write over it', () => {
  expect(documentReason('data/all.json', false)).toContain("jq -c '.[]' data/all.json > data/all.lines.jsonl");
  expect(documentReason('all.jsonl', false)).toContain("jq -c '.[]' all.jsonl > all.lines.jsonl");
  expect(documentReason('all.json.gz', true)).toContain("zcat all.json.gz | jq -c '.[]' > all.lines.jsonl");
});
