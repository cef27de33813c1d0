import { link, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeManifest, type Manifest } from '../../../core/contract/job.js';
import { inputPartKey, manifestKey, outcomeKey, partialKey, planKey } from '../../../core/contract/keys.js';
import {
  encodeOutcomeMetadata,
  encodeOutputLine,
  encodeResultLine,
  failedLine,
} from '../../../core/contract/result-line.js';
import { encodePlanLine } from '../../../core/dataset/plan.js';
import { countFailures } from '../../../runner/results/failure-codes.js';
import { PLAIN_COLUMNS } from '../../../runner/results/row-sink.js';
import { width } from '../../../runner/display/format.js';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';
import { linesOfParquet, memorySource } from '../dataset/parquet/sources.js';
import { tempDirectory } from '../model/files.js';

const { signal } = new AbortController();
const BATCHES = 4;
const PER_BATCH = 3;

let stack: FakeStack;
const item = (index: number): string => `{"smiles":"C${index}","mass":${index}.0}`;
const line = (index: number): string =>
  index % 3 === 1
    ? encodeResultLine(failedLine(index, { code: index > 5 ? 'Late' : 'Bad', message: `cannot read C${index}` }))
    : encodeOutputLine(index, `{"herg":${index}.50}`);
const lines = (batch: number): string => [0, 1, 2].map((n) => line(batch * PER_BATCH + n)).join('');

async function commit(batch: number): Promise<void> {
  const metadata = encodeOutcomeMetadata({ lease: 'l', instance: 'i-1', ok: 2, failed: 1, givenUp: false });
  await stack.store.put(outcomeKey('one', batch), lines(batch), { signal, metadata });
}

beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await tempDirectory();
  await stack.plantJob('one', BATCHES, {
    dataset: { name: 'data.jsonl', digest: 'd', kind: 'lines', items: BATCHES * PER_BATCH, bytes: 1, badItems: 0 },
  });
  let text = '';
  let plan = '';
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const startByte = text.length;
    for (let n = 0; n < PER_BATCH; n += 1) text += `${item(batch * PER_BATCH + n)}\n`;
    const key = inputPartKey('one', 0);
    plan += encodePlanLine({
      batch,
      key,
      startByte,
      endByte: text.length,
      firstIndex: batch * PER_BATCH,
      items: PER_BATCH,
    });
  }
  await stack.store.put(inputPartKey('one', 0), text, { signal });
  await stack.store.put(planKey('one'), plan, { signal });
});

async function commitAll(): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) await commit(batch);
}

async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  stack.terminal = new RecordingTerminal();
  const code = await stack.run(...argv);
  return { code, out: stack.terminal.stdout, err: stack.terminal.stderr };
}
const fileText = (name: string): Promise<string> => readFile(path.join(stack.cwd, name), 'utf8');

describe('spotpool results', () => {
  it('says beside a file and beside parts which data, code and options made them, without values of variables', async () => {
    const git = { commit: '0123456789abcdef0123456789abcdef01234567', clean: true };
    const manifest = JSON.parse(stack.store.text(manifestKey('one')) ?? '') as Manifest;
    const { model, options } = manifest;
    const changed = { ...manifest, model: { ...model, git }, options: { ...options, env: { TOKEN: 'secret' } } };
    await stack.store.put(manifestKey('one'), encodeManifest(changed), { signal });
    await commitAll();
    await run('results', 'one', '--out', 'r.jsonl');
    await run('results', 'one', '--out', 'parts/');
    for (const name of ['r.jsonl.meta.json', 'parts/_manifest.json']) {
      const beside: unknown = JSON.parse(await fileText(name));
      expect(beside).toMatchObject({
        job: 'one',
        provenance: {
          dataset: { name: 'data.jsonl', digest: 'd', items: 12 },
          model: { name: 'model.ts', digest: 'm', git },
          options: { slots: 1, env: { TOKEN: '(hidden)' } },
          versions: { spotpool: '0.0.0' },
          createdBy: 'tester',
        },
      });
      expect(await fileText(name)).not.toContain('secret');
    }
    // The files are still known as ours, so they are replaced without a question.
    expect((await run('results', 'one', '--out', 'r.jsonl')).code).toBe(0);
    expect((await run('results', 'one', '--out', 'parts/')).code).toBe(0);
  });

  it('writes only the failed items, and counts those of the whole job', async () => {
    await commitAll();
    const { code, out } = await run('results', 'one', '--only', 'failed', '--out', 'f.csv');
    expect(code).toBe(0);
    expect(out).toContain('Wrote 4 failed results to f.csv. In all there are 8 ok and 4 failed.');
    expect(await fileText('f.csv')).toBe(
      'index,ok,output,error_code,error_message\n' +
        '1,false,,Bad,cannot read C1\n4,false,,Bad,cannot read C4\n7,false,,Late,cannot read C7\n10,false,,Late,cannot read C10\n',
    );
    expect(JSON.parse(await fileText('f.csv.meta.json'))).toMatchObject({ only: 'failed' });
  });

  it('writes the inputs of failed items as a dataset, and leaves them out of the results', async () => {
    await commitAll();
    const { out } = await run('results', 'one', '--failed-out', 'again.jsonl', '--out', 'r.jsonl');
    expect(out).toContain('Wrote the 4 failed items to again.jsonl.');
    expect(await fileText('again.jsonl')).toBe([1, 4, 7, 10].map((index) => `${item(index)}\n`).join(''));
    expect(await fileText('r.jsonl')).toBe([0, 1, 2, 3].map(lines).join(''));
  });

  it('says that the failed items were not written when the reader of standard output has gone', async () => {
    await commitAll();
    stack.stdoutError = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const { code, err } = await run('results', 'one', '--out', '-', '--failed-out', 'again.jsonl');
    expect(err).toMatch(/the failed items were not written to again\.jsonl/);
    expect(code).toBe(1);
    expect(await readdir(stack.cwd)).toEqual([]);
    expect((await run('results', 'one', '--out', '-')).code).toBe(0);
  });

  it.each([
    [['--failed-out', 'x.csv'], /written as JSON Lines/],
    [['--failed-out', './r.jsonl'], /are the same file/],
    [['--part-size', '1MB'], /is one file/],
    [['--out', 'r.xlsx'], /cannot be written as \.xlsx/],
  ])('refuses %j before anything is written', async (argv, message) => {
    await commitAll();
    const { code, err } = await run('results', 'one', '--out', 'r.jsonl', ...argv);
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(await readdir(stack.cwd)).toEqual([]);
  });

  it('refuses a second output that is the first one by a link of either kind', async () => {
    await commitAll();
    await writeFile(path.join(stack.cwd, 'r.jsonl'), '');
    await symlink('r.jsonl', path.join(stack.cwd, 'soft.jsonl'));
    await link(path.join(stack.cwd, 'r.jsonl'), path.join(stack.cwd, 'hard.jsonl'));
    for (const other of ['soft.jsonl', 'hard.jsonl']) {
      const { code, err } = await run('results', 'one', '--out', 'r.jsonl', '--force', '--failed-out', other);
      expect(err).toContain(`--failed-out ${other} and --out r.jsonl are the same file`);
      expect(code).toBe(2);
    }
  });

  it('says what a running job has beyond its finished batches', async () => {
    await commit(0);
    const { err } = await run('results', 'one', '--out', 'r.jsonl');
    expect(err).toContain('Those that workers have saved so far: spotpool results');
  });

  it('writes objects as JSON texts with --json-columns', async () => {
    await commitAll();
    const nested = await run('results', 'one', '--out', 'r.parquet');
    expect(nested.out).toContain('output {herg double}');
    const { out, code } = await run('results', 'one', '--out', 'r.parquet', '--json-columns');
    expect(out).toContain('output string with JSON');
    expect(code).toBe(0);
    const found = await linesOfParquet(memorySource('r.parquet', await readFile(path.join(stack.cwd, 'r.parquet'))));
    expect(found[0]).toBe(String.raw`{"index":0,"ok":true,"output":"{\"herg\":0.50}","error":null}`);
  });

  it('names its default file after the format', async () => {
    await commitAll();
    await run('results', 'one', '--out-format', 'csv.gz');
    expect((await readdir(stack.cwd)).sort()).toEqual(['data.results.csv.gz', 'data.results.csv.gz.meta.json']);
  });

  it('writes parts of a running job only with --partial, and their manifest says so', async () => {
    await commit(0);
    const refused = await run('results', 'one', '--out', 's3://mine/p/');
    expect(refused.err).toMatch(/has not ended.*--partial/);
    expect(refused.code).toBe(1);
    await run('results', 'one', '--out', 's3://mine/p/', '--partial');
    expect(JSON.parse(stack.buckets.get('mine')?.text('p/_manifest.json') ?? '')).toMatchObject({
      partial: true,
      rows: 3,
    });
    await commitAll();
    await run('results', 'one', '--out', 's3://mine/p/');
    expect(JSON.parse(stack.buckets.get('mine')?.text('p/_manifest.json') ?? '')).toMatchObject({
      partial: false,
      rows: 12,
    });
  });

  it('--partial writes no item of a table that its first reading did not see', async () => {
    await commit(0);
    const key = partialKey('one', 1, 'a');
    await stack.store.put(key, line(3), { signal });
    let reads = 0;
    stack.store.beforeRead = async (read) => {
      if (read !== key || (reads += 1) < 2) return;
      // The lease saves its items anew, and the output of the next one has a field of its own.
      await stack.store.put(key, line(3) + encodeOutputLine(5, '{"late":1}'), { signal });
    };
    const { err } = await run('results', 'one', '--partial', '--out', 'r.csv');
    expect(err).toContain('The results have 1 of their items, because workers have saved them.');
    expect((await fileText('r.csv')).split('\n').map((row) => row.split(',')[0])).toEqual([
      'index',
      '0',
      '1',
      '2',
      '3',
      '',
    ]);
    expect(reads).toBe(2);
  });

  it('--partial adds what workers have saved of unfinished batches, each item once', async () => {
    await commit(1);
    const save = (batch: number, lease: string, ...indexes: readonly number[]) =>
      stack.store.put(partialKey('one', batch, lease), indexes.map(line).join(''), { signal });
    await save(0, 'a', 0, 2);
    await save(0, 'b', 0, 1);
    await save(1, 'a', 3);
    await save(3, 'a', 10, 11);
    // These are no lines of the batch, and an instance that wrote nonsense must not end the command.
    await stack.store.put(partialKey('one', 2, 'a'), `${line(0)}garbage\n{"index":7,"ok":true,"output":{\n`, {
      signal,
    });
    const { code, err } = await run('results', 'one', '--partial', '--out', 'r.jsonl');
    expect(await fileText('r.jsonl')).toBe([0, 1, 2, 3, 4, 5, 10, 11].map(line).join(''));
    expect(err).toContain('3 of 4 batches have no outcome yet. The results have 5 of their items');
    expect(code).toBe(1);
    expect(JSON.parse(await fileText('r.jsonl.meta.json'))).toMatchObject({ partial: true });
    await commitAll();
    await run('results', 'one', '--out', 'r.jsonl');
    expect(JSON.parse(await fileText('r.jsonl.meta.json'))).not.toHaveProperty('partial');
  });
});

describe('spotpool errors', () => {
  it('shows each code with its count, its share and its first item, in 80 columns', async () => {
    await commit(0);
    await commit(1);
    await commit(2);
    const { code, out } = await run('errors', 'one');
    expect(out.split('\n')).toEqual([
      '3 of 9 finished items of job one failed.',
      '1 of 4 batches have no outcome yet.',
      '',
      '  Bad  2 items, 66.7 %',
      '      cannot read C1',
      '      first: item 1',
      '      {"smiles":"C1","mass":1.0}',
      '',
      '  Late  1 item, 33.3 %',
      '      cannot read C7',
      '      first: item 7',
      '      {"smiles":"C7","mass":7.0}',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('prints JSON for programs', async () => {
    await commitAll();
    const { out } = await run('errors', 'one', '--json');
    expect(JSON.parse(out)).toEqual({
      job: 'one',
      ok: 8,
      failed: 4,
      readAll: true,
      batches: { read: 4, done: 4, total: 4 },
      codes: [
        {
          code: 'Bad',
          count: 2,
          share: 0.5,
          first: { index: 1, message: 'cannot read C1', input: { smiles: 'C1', mass: 1 } },
        },
        {
          code: 'Late',
          count: 2,
          share: 0.5,
          first: { index: 7, message: 'cannot read C7', input: { smiles: 'C7', mass: 7 } },
        },
      ],
    });
  });

  it('reads a bounded number of outcomes, and says which it has read', async () => {
    await commitAll();
    const reading = { job: 'one', batches: BATCHES, store: stack.store, signal };
    const joins = { columns: PLAIN_COLUMNS };
    const found = await countFailures(reading, { all: false, joins, mostOutcomes: 2 });
    expect(found).toMatchObject({ batches: 2, failed: 2, ok: 4, readAll: false });
    expect(await countFailures(reading, { all: true, joins, mostOutcomes: 2 })).toMatchObject({
      batches: 4,
      readAll: true,
    });
  });

  it('counts the items of codes that it does not list', async () => {
    const items = 1_005;
    const bad = Array.from({ length: items }, (_, n) =>
      encodeResultLine(failedLine(n, { code: `c${n}`, message: '' })),
    );
    const location = { batch: 0, key: inputPartKey('one', 0), startByte: 0, endByte: 9, firstIndex: 0, items };
    await stack.store.put(planKey('one'), encodePlanLine(location), { signal });
    await stack.store.put(inputPartKey('one', 0), '1\n'.repeat(items), { signal });
    await stack.store.put(outcomeKey('one', 0), bad.join(''), { signal });
    expect(JSON.parse((await run('errors', 'one', '--json')).out)).toMatchObject({ failed: items, ofOtherCodes: 5 });
    expect((await run('errors', 'one')).out).toContain('5 more items failed with codes that are not listed');
  });

  it('keeps lines of wide characters within 80 columns', async () => {
    const error = { code: '語'.repeat(60), message: '語'.repeat(90) };
    await stack.store.put(outcomeKey('one', 0), encodeResultLine(failedLine(0, error)) + line(1) + line(2), { signal });
    const { out } = await run('errors', 'one');
    expect(out).toContain('語');
    for (const text of out.split('\n')) expect(width(text)).toBeLessThanOrEqual(80);
  });

  it('keeps every line within 80 columns, and no control character of a model reaches the terminal', async () => {
    const error = { code: `Long${'g'.repeat(90)}`, message: `\u001b[31mred ${'word '.repeat(60)}${'x'.repeat(300)}` };
    const bad = encodeResultLine(failedLine(0, error)) + line(1) + line(2);
    const metadata = encodeOutcomeMetadata({ lease: 'l', instance: 'i-1', ok: 1, failed: 2, givenUp: false });
    await stack.store.put(outcomeKey('one', 0), bad, { signal, metadata });
    const { out } = await run('errors', 'one');
    for (const text of out.split('\n')) expect(text.length).toBeLessThanOrEqual(80);
    expect(out).not.toContain('\u001b');
  });
});
