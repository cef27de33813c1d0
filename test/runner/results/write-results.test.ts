import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { outcomeKey, planKey } from '../../../core/contract/keys.js';
import { encodePlanLine } from '../../../core/dataset/plan.js';
import { encodeOutcomeMetadata, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import { UserError } from '../../../runner/errors.js';
import { problemsOf } from '../../../runner/results/describe-written.js';
import { openOutput, OutputClosed } from '../../../runner/results/byte-output.js';
import { fileSink } from '../../../runner/results/file-sink.js';
import { jsonLinesForm } from '../../../runner/results/forms/json-lines.js';
import { PLAIN_COLUMNS } from '../../../runner/results/row-sink.js';
import { writeResults, type WrittenResults } from '../../../runner/results/write-results.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

const JOB = 'job-1';
const BATCHES = 120;

let cwd: string;
let store: MemoryStore;
let aborter: AbortController;

beforeEach(async () => {
  cwd = await tempDirectory();
  store = new MemoryStore();
  aborter = new AbortController();
  const batchesOfTwo = range(BATCHES).map((batch) =>
    encodePlanLine({ batch, key: 'part', startByte: 0, endByte: 1, firstIndex: 2 * batch, items: 2 }),
  );
  await store.put(planKey(JOB), batchesOfTwo.join(''), { signal: aborter.signal });
  // The second item of each batch failed. The last batch is written first, because the order is by batch, not by time.
  for (let batch = BATCHES - 1; batch >= 0; batch--) await commit(batch, linesOf(batch));
});

const secondLine = (batch: number): string =>
  encodeResultLine(failedLine(2 * batch + 1, { code: 'Bad', message: 'no' }));
const linesOf = (batch: number): string =>
  encodeResultLine({ index: 2 * batch, ok: true, output: `é ${batch}` }) + secondLine(batch);

async function commit(batch: number, lines: string | Uint8Array): Promise<void> {
  await store.put(outcomeKey(JOB, batch), lines, { signal: aborter.signal });
}

const allLines = (batches: readonly number[]): string => batches.map(linesOf).join('');
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function write(out: string, stdout: Writable = new PassThrough(), force = false): Promise<WrittenResults> {
  const identity = { job: JOB, createdAt: '2026-01-01T00:00:00.000Z' };
  const sink = fileSink(
    jsonLinesForm(PLAIN_COLUMNS),
    await openOutput(out, { cwd, stdout, identity, force, given: [] }),
  );
  return writeResults({ job: JOB, batches: BATCHES, store, sink, signal: aborter.signal });
}
const messages = (written: WrittenResults): readonly string[] =>
  problemsOf(written, 'spotpool results j --partial --local').map(({ message }) => message);
const fileText = (name: string): Promise<string> => readFile(path.join(cwd, name), 'utf8');

describe('the results', () => {
  it('are written in dataset order, with the counts of their outcomes', async () => {
    const written = await write('out.jsonl');
    expect(written).toEqual({
      items: 240,
      ok: 120,
      failed: 120,
      errors: [{ code: 'Bad', count: 120, example: 'no' }],
      batches: 120,
      missingBatches: 0,
      damagedBatches: 0,
      damaged: [],
    });
    expect(await fileText('out.jsonl')).toBe(allLines(range(BATCHES)));
    expect(messages(written)).toEqual([]);
    expect((await readdir(cwd)).sort()).toEqual(['out.jsonl', 'out.jsonl.meta.json']);
  });

  it('report the number of missing batches and the first of them', async () => {
    for (const batch of [3, 4, 119]) store.objects.delete(outcomeKey(JOB, batch));
    const written = await write('out.jsonl');
    expect(written).toMatchObject({ items: 234, missingBatches: 3, firstMissing: 3 });
    expect(messages(written)).toEqual([
      '3 of 120 batches have no outcome yet (the first is batch 3). Their items are not in the results. Those that workers have saved so far: spotpool results j --partial --local',
    ]);
    expect(await fileText('out.jsonl')).toBe(allLines(range(119).filter((batch) => batch !== 3 && batch !== 4)));
  });

  it('of a job without outcomes are empty', async () => {
    for (const batch of range(BATCHES)) store.objects.delete(outcomeKey(JOB, batch));
    expect(await write('out.jsonl')).toMatchObject({ items: 0, missingBatches: 120, firstMissing: 0 });
    expect(await fileText('out.jsonl')).toBe('');
  });

  it('are streamed when an outcome is large', async () => {
    const large = encodeResultLine({ index: 2, ok: true, output: 'x'.repeat(20 * 1024 * 1024) }) + secondLine(1);
    await commit(1, large);
    await write('out.jsonl');
    expect((await fileText('out.jsonl')) === linesOf(0) + large + allLines(range(BATCHES).slice(2))).toBe(true);
  });

  it('are read ahead in bounded memory while the sink is slow', async () => {
    let read = 0;
    let most = 0;
    let written = 0;
    store.beforeRead = (key) => {
      if (key.includes('/results/')) most = Math.max(most, ++read - written);
    };
    const slow = new Writable({
      write: (_chunk, _encoding, done) => {
        written += 1;
        setImmediate(done);
      },
    });
    await write('-', slow);
    expect(written).toBe(BATCHES);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(17);
  });

  it('are escaped on a terminal but stay the same JSON, and are the same bytes everywhere else', async () => {
    const output = 'a\u009b2J\u202eb\u2028c é';
    const line = `{"index":0,"ok":true,"output":"${output}"}\n`;
    await commit(0, line + secondLine(0));
    const [screen, pipe] = [Object.assign(new PassThrough(), { isTTY: true }), new PassThrough()];
    const said: string[] = [];
    for (const stream of [screen, pipe]) {
      let text = '';
      stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      await write('-', stream);
      said.push(text.slice(0, text.indexOf('\n') + 1));
    }
    expect(said).toEqual(['{"index":0,"ok":true,"output":"a\\u009b2J\\u202eb\\u2028c é"}\n', line]);
    expect(JSON.parse(said[0] ?? '')).toMatchObject({ output });
  });

  it('leave out a batch whose outcome does not match the plan, and report it with the reason', async () => {
    await commit(3, linesOf(3) + linesOf(4));
    await commit(4, 'garbage\n');
    await commit(5, linesOf(6));
    await commit(6, Buffer.from(linesOf(6), 'latin1'));
    const written = await write('out.jsonl');
    expect(written).toMatchObject({ items: 232, ok: 116, failed: 116, missingBatches: 0, damagedBatches: 4 });
    expect(messages(written)).toEqual([
      'Batch 3 is damaged: its outcome has more lines than 2. Its 2 items are not in the results.',
      'Batch 4 is damaged: its outcome has a line 1 that is not JSON. Its 2 items are not in the results.',
      'Batch 5 is damaged: its outcome has a line 1 that has the index 12 instead of 10. Its 2 items are not in the results.',
      'Batch 6 is damaged: its outcome has a line 1 that is not UTF-8. Its 2 items are not in the results.',
      'To compute the items of a damaged batch again, submit the dataset under a new --id.',
    ]);
    expect(await fileText('out.jsonl')).toBe(allLines(range(BATCHES).filter((batch) => batch < 3 || batch > 6)));
  });

  it('leave out a batch whose metadata counts other items than its lines', async () => {
    const counts = (ok: number, failed: number) =>
      encodeOutcomeMetadata({ lease: 'i-1-lease', instance: 'i-1', ok, failed, givenUp: false });
    const large = encodeResultLine({ index: 6, ok: true, output: 'x'.repeat(20 * 1024 * 1024) }) + secondLine(3);
    const { signal } = aborter;
    await store.put(outcomeKey(JOB, 1), linesOf(1), { signal, metadata: counts(1, 1) });
    await store.put(outcomeKey(JOB, 2), linesOf(2), { signal, metadata: counts(2, 0) });
    await store.put(outcomeKey(JOB, 3), large, { signal, metadata: counts(0, 2) });
    const written = await write('out.jsonl');
    expect(written).toMatchObject({ items: 236, damagedBatches: 2 });
    expect(messages(written)).toEqual([
      'Batch 2 is damaged: its outcome has metadata with 2 ok items and 0 failed, but lines with 1 ok and 1 failed. Its 2 items are not in the results.',
      'Batch 3 is damaged: its outcome has metadata with 0 ok items and 2 failed, but lines with 1 ok and 1 failed. Its 2 items are not in the results.',
      'To compute the items of a damaged batch again, submit the dataset under a new --id.',
    ]);
    expect(await fileText('out.jsonl')).toBe(allLines(range(BATCHES).filter((batch) => batch < 2 || batch > 3)));
  });

  it('leave out a large outcome that is damaged at its end', async () => {
    const large = encodeResultLine({ index: 2, ok: true, output: 'x'.repeat(20 * 1024 * 1024) });
    await commit(1, large + linesOf(1).slice(0, -3));
    expect(await write('out.jsonl')).toMatchObject({
      items: 238,
      damagedBatches: 1,
      damaged: [{ batch: 1, items: 2 }],
    });
    expect(await fileText('out.jsonl')).toBe(allLines(range(BATCHES).filter((batch) => batch !== 1)));
  });

  it('ignore keys that are not of outcomes', async () => {
    const { signal } = aborter;
    for (const key of ['7.jsonl', 'x/results/00007.jsonl', '00120.jsonl', '99999.jsonl', 'x']) {
      await store.put(`jobs/${JOB}/results/${key}`, linesOf(7), { signal });
    }
    expect(await write('out.jsonl')).toMatchObject({ items: 240, missingBatches: 0, damagedBatches: 0 });
    expect(await fileText('out.jsonl')).toBe(allLines(range(BATCHES)));
  });

  it('cannot be checked without a plan that describes every batch', async () => {
    const lines = (store.text(planKey(JOB)) ?? '').split(/(?<=\n)/);
    const stored = async (text: string): Promise<void> =>
      void (await store.put(planKey(JOB), text, { signal: aborter.signal }));
    await stored(lines.slice(0, 51).join(''));
    await expect(write('out.jsonl')).rejects.toThrow(
      "the job's plan jobs/job-1/input/plan.jsonl in the stack's bucket is incomplete",
    );
    for (const wrong of ['{}\n', 'null\n', 'x\n', lines[52] ?? '']) {
      await stored(lines.with(51, wrong).join(''));
      await expect(write('out.jsonl')).rejects.toThrow('is damaged: line 52 does not describe batch 51');
    }
    store.objects.delete(planKey(JOB));
    await expect(write('out.jsonl')).rejects.toThrow(
      "the job's plan jobs/job-1/input/plan.jsonl in the stack's bucket is missing",
    );
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('the results file', () => {
  it('stays unchanged when reading fails or is aborted, and nothing is left beside it', async () => {
    await writeFile(path.join(cwd, 'out.jsonl'), 'before');
    store.beforeRead = (key) => {
      if (key === outcomeKey(JOB, 50)) throw new Error('the network is gone');
    };
    await expect(write('out.jsonl', undefined, true)).rejects.toThrow('the network is gone');
    store.beforeRead = (key) => {
      if (key === outcomeKey(JOB, 50)) aborter.abort(new Error('Ctrl-C'));
    };
    await expect(write('out.jsonl', undefined, true)).rejects.toThrow('Ctrl-C');
    expect(await fileText('out.jsonl')).toBe('before');
    expect(await readdir(cwd)).toEqual(['out.jsonl']);
  });

  it('that is a link is replaced at its target', async () => {
    await mkdir(path.join(cwd, 'real'));
    await writeFile(path.join(cwd, 'real/out.jsonl'), 'before');
    await symlink('real/out.jsonl', path.join(cwd, 'link'));
    await write('link', undefined, true);
    expect(await fileText('real/out.jsonl')).toBe(allLines(range(BATCHES)));
  });

  it('may be a device, which is not replaced', async () => {
    expect(await write('/dev/null')).toMatchObject({ items: 240 });
  });

  it.each([
    ['.', /it is a directory/],
    ['no/such/directory/out.jsonl', /the directory .*such\/directory does not exist/],
  ])('that cannot be written is an error of the command line: %s', async (out, message) => {
    await expect(write(out)).rejects.toThrow(message);
    await expect(write(out)).rejects.toThrow(UserError);
  });
});

describe('standard output', () => {
  it('gets the lines', async () => {
    const chunks: Buffer[] = [];
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        done();
      },
    });
    await write('-', stdout);
    expect(Buffer.concat(chunks).toString()).toBe(allLines(range(BATCHES)));
  });

  it('that its reader closes ends the writing without a crash', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    await expect(write('-', stdout)).rejects.toThrow(OutputClosed);
  });
});
