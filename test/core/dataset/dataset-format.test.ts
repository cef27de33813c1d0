import { describe, expect, it } from 'vitest';
import { documentReason, formatByName, namedCompression, roleByName } from '../../../core/dataset/dataset-format.js';

describe('the name of a dataset', () => {
  it.each([
    ['a.jsonl', 'jsonl'],
    ['dir.csv/a.ndjson.gz', 'jsonl'],
    ['A.CSV', 'csv'],
    ['a.csv.gz', 'csv'],
    ['a.tsv', 'tsv'],
    ['a.txt', 'text'],
    ['molecules.smi', 'text'],
    ['a.csv.zst', 'csv'],
    ['a.parquet', 'parquet'],
  ])('says of %s that it is %s', (path, format) => {
    expect(formatByName(path)).toEqual({ kind: 'format', format });
  });

  it.each(['names', 'names.gz', 'part-00000', 'items.jl', '/dev/fd/63'])('says nothing of %s', (path) => {
    expect(formatByName(path)).toEqual({ kind: 'unknown' });
  });

  it.each(['a.avro', 'a.zip', 'a.tar.gz', 'a.xlsx'])('is enough to refuse %s', (path) => {
    expect(formatByName(path)).toMatchObject({ kind: 'unsupported' });
  });

  it('tells whether it should be compressed', () => {
    expect(['a.gz', 'A.CSV.GZ', 'a.csv', 'gz', 'a.zst'].map(namedCompression)).toEqual([
      'gzip',
      'gzip',
      undefined,
      undefined,
      'zstd',
    ]);
  });

  it.each([
    ['a.csv', 'records'],
    ['part-0.parquet', 'records'],
    ['a.smi.gz', 'records'],
    ['a.json', 'bytes'],
    ['part-00000', 'bytes'],
    ['a.log', 'bytes'],
    ['a.jpg', 'other'],
    ['a.txt', 'other'],
    ['a.zip', 'other'],
  ])('says of %s among other files: %s', (name, role) => {
    expect(roleByName(name)).toBe(role);
  });
});

it('a JSON document that is no array is refused with ways to read it', () => {
  expect(documentReason('data/all.json')).toContain("jq '.FIELD' data/all.json > ITEMS.json");
  expect(documentReason('data/all.json')).toContain('--format files');
});
