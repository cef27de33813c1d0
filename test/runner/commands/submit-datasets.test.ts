import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inputPartKey, keptPartKey } from '../../../core/contract/keys.js';
import { FakeStack } from '../../support/fake-stack.js';
import { tempDirectory } from '../model/files.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await tempDirectory({
    'model.mjs': 'export const predict = (items) => items;',
    'model.ts': 'export const predict = (items: unknown[]) => items;',
    'parquet.jsonl': Buffer.from('PAR1\x15\x04\x15\x10', 'latin1'),
    'stray.csv': `id,name\n1,"stray\n${'2,x\n'.repeat(2_000)}`,
    'windows.txt': Buffer.from('caf\xe9\n'.repeat(200), 'latin1'),
    'semicolons.csv': 'id;name\n1;x\n2;y\n',
    'part-00000': gzipSync('{"id":12345678901234567890}\n{"id":2}\n'),
  });
});
afterEach(() => rm(stack.cwd, { recursive: true }));

const submit = (dataset: string, ...more: string[]): Promise<number> =>
  stack.run('submit', dataset, '--id', 'j', '--model', 'model.mjs', ...more);
const uploaded = (job = 'j'): string => stack.store.text(inputPartKey(job, 0)) ?? '';

describe('the dataset of a submission', () => {
  it.each(['submit', 'run'])(
    'is refused by %s before anything is started, when it cannot be opened',
    async (command) => {
      expect(await stack.run(command, 'parquet.jsonl', '--model', 'model.mjs')).toBe(2);
      expect(stack.terminal.stderr).toContain('The dataset parquet.jsonl is a damaged Parquet file');
      expect(stack.store.writes).toEqual([]);
    },
  );

  it('may be a folder whose files have their names as ids', async () => {
    await mkdir(path.join(stack.cwd, 'photos/sub'), { recursive: true });
    await writeFile(path.join(stack.cwd, 'photos/a b.jpg'), 'x');
    await writeFile(path.join(stack.cwd, 'photos/sub/é.jpg'), 'y');
    expect(await submit('photos', '--id-field', 'name')).toBe(0);
    expect(stack.store.text(keptPartKey('j', 0))).toBe('{"id":"a b.jpg"}\n{"id":"sub/é.jpg"}\n');
    expect(await submit('photos', '--id', 'k', '--id-field', 'file')).toBe(2);
    expect(stack.terminal.stderr).toContain('Their id is their name: --id-field name');
  });

  it('is refused for a stray quote, and no job is created', async () => {
    expect(await submit('stray.csv')).toBe(2);
    expect(stack.terminal.stderr).toContain('stray.csv: the quote (") on line 2 opens a field that is never closed');
    expect(stack.store.text('jobs/j/job.json')).toBeUndefined();
  });

  it('is refused when none of its lines can be read, with the reason of the first line', async () => {
    expect(await submit('windows.txt')).toBe(2);
    expect(stack.terminal.stderr).toMatch(
      /None of the 200 lines of the dataset windows\.txt can be read\. The first error: /,
    );
    expect(stack.store.text('jobs/j/job.json')).toBeUndefined();
  });

  it('is reported with its format when its name does not tell the format', async () => {
    expect(await submit('semicolons.csv')).toBe(0);
    expect(stack.terminal.stdout).toContain(
      'is read with semicolons between its columns, as its first lines show (2 columns).',
    );
    expect(uploaded()).toBe('{"id":"1","name":"x"}\n{"id":"2","name":"y"}\n');
    expect(await submit('semicolons.csv', '--id', 'other', '--delimiter', ',')).toBe(0);
    expect(uploaded('other')).toBe('{"id;name":"1;x"}\n{"id;name":"2;y"}\n');
  });

  it.each(['model.mjs', 'model.ts'])(
    'is once, for %s, that it holds integers which JavaScript cannot hold',
    async (model) => {
      expect(await submit('part-00000', '--model', model)).toBe(0);
      expect(stack.terminal.stdout.match(/1 integer of the dataset part-00000 is beyond 2\^53/g)).toHaveLength(1);
      expect(stack.terminal.stdout).toMatch(/line 1, field id: 12345678901234567890.*--big-integers string/);
      expect(uploaded()).toBe('{"id":12345678901234567890}\n{"id":2}\n');
    },
  );

  it('has its warnings on standard error when standard output is for programs', async () => {
    expect(await submit('part-00000', '--json')).toBe(0);
    expect(stack.terminal.stderr).toContain('beyond 2^53');
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({ job: 'j', items: 2 });
  });

  it('has no such warning for a command, or when big integers become strings, which makes it another dataset', async () => {
    expect(await submit('part-00000', '--model', 'cat')).toBe(0);
    expect(stack.terminal.stdout).not.toContain('JavaScript');
    expect(await submit('part-00000', '--id', 'k', '--big-integers', 'string')).toBe(0);
    expect(uploaded('k')).toBe('{"id":"12345678901234567890"}\n{"id":2}\n');
    expect(stack.terminal.stdout).toContain(
      'The model gets 1 integer of the dataset part-00000 as a string, because it is beyond 2^53.',
    );
    const digests = ['j', 'k'].map((job) => {
      const manifest = JSON.parse(stack.store.text(`jobs/${job}/job.json`) ?? '') as { dataset: { digest: string } };
      return manifest.dataset.digest;
    });
    expect(digests[0]).not.toBe(digests[1]);
  });

  it('has options whose refusal lists the values that they take', async () => {
    expect(await submit('part-00000', '--big-integers', 'bigint')).toBe(2);
    expect(await submit('part-00000', '--format', 'xml')).toBe(2);
    expect(stack.terminal.stderr).toMatch(
      /Allowed choices are keep, string[^]*Allowed choices are jsonl, json, csv, tsv, text, parquet, files/,
    );
  });
});
