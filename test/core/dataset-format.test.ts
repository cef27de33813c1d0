import { describe, expect, it } from 'vitest';
import { formatByName } from '../../core/dataset-format.js';

describe('the format of a dataset', () => {
  it.each([
    ['a.jsonl', 'jsonl', false],
    ['dir.csv/a.ndjson.gz', 'jsonl', true],
    ['A.CSV', 'csv', false],
    ['a.csv.gz', 'csv', true],
    ['a.txt', 'text', false],
    ['molecules.smi', 'text', false],
    ['names', 'text', false],
    ['names.gz', 'text', true],
  ])('of %s is %s', (path, format, gzip) => {
    expect(formatByName(path)).toEqual({ kind: 'format', format, gzip });
  });

  it('is refused for a JSON document, with the command that makes lines of it', () => {
    const plain = formatByName('data/all.json');
    expect(plain).toMatchObject({ kind: 'unsupported' });
    expect(JSON.stringify(plain)).toContain("jq -c '.[]' data/all.json > data/all.jsonl");
    expect(JSON.stringify(formatByName('all.json.gz'))).toContain('all.jsonl.gz');
  });

  it.each(['a.parquet', 'a.zip', 'a.csv.zst', 'a.tar.gz', 'a.tsv'])('is refused for %s', (path) => {
    expect(formatByName(path)).toMatchObject({ kind: 'unsupported' });
  });
});
