import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { manifestKey, outcomeKey } from '../../../core/keys.js';
import { encodeOutcomeMetadata, encodeResultLine, failedLine } from '../../../core/result-line.js';
import { UserError } from '../../../runner/errors.js';
import { openSink, OutputClosed } from '../../../runner/results/result-sink.js';
import { describeMissing, writeResults, type WrittenResults } from '../../../runner/results/write-results.js';
import { manifestOf } from '../../support/manifest.js';
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
  await store.put(manifestKey(JOB), JSON.stringify(manifestOf(JOB, { batches: BATCHES })), { signal: aborter.signal });
  // The second item of each batch failed. Written last batch first: order is by batch, not by time.
  for (let batch = BATCHES - 1; batch >= 0; batch--) await commit(batch, linesOf(batch));
});

const linesOf = (batch: number): string =>
  encodeResultLine({ index: 2 * batch, ok: true, output: `é ${batch}` }) +
  encodeResultLine(failedLine(2 * batch + 1, { code: 'Bad', message: 'no' }));

async function commit(batch: number, lines: string): Promise<void> {
  const metadata = encodeOutcomeMetadata({ lease: 'l', instance: 'i', ok: 1, failed: 1, givenUp: false });
  await store.put(outcomeKey(JOB, batch), lines, { signal: aborter.signal, metadata });
}

const allLines = (batches: readonly number[]): string => batches.map(linesOf).join('');
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function write(out: string, stdout: Writable = new PassThrough(), job = JOB): Promise<WrittenResults> {
  const sink = await openSink(out, { cwd, stdout });
  return writeResults({ job, store, sink, signal: aborter.signal });
}
const fileText = (name: string): Promise<string> => readFile(path.join(cwd, name), 'utf8');

describe('the results', () => {
  it('are written in dataset order, with the counts of their outcomes', async () => {
    const written = await write('out.jsonl');
    expect(written).toEqual({ items: 240, ok: 120, failed: 120, batches: 120, missingBatches: 0 });
    expect(await fileText('out.jsonl')).toBe(allLines(range(BATCHES)));
    expect(describeMissing(written)).toBeUndefined();
    expect(await readdir(cwd)).toEqual(['out.jsonl']);
  });

  it('say how many batches are missing, and which first', async () => {
    for (const batch of [3, 4, 119]) store.objects.delete(outcomeKey(JOB, batch));
    const written = await write('out.jsonl');
    expect(written).toMatchObject({ items: 234, missingBatches: 3, firstMissing: 3 });
    expect(describeMissing(written)).toMatch(/^3 of 120 batches have no outcome yet, the first of them batch 3:/);
    expect(await fileText('out.jsonl')).toBe(allLines(range(119).filter((batch) => batch !== 3 && batch !== 4)));
  });

  it('of a job that has none yet are empty', async () => {
    for (const batch of range(BATCHES)) store.objects.delete(outcomeKey(JOB, batch));
    expect(await write('out.jsonl')).toMatchObject({ items: 0, missingBatches: 120, firstMissing: 0 });
    expect(await fileText('out.jsonl')).toBe('');
  });

  it('are streamed where an outcome is large', async () => {
    const large = `{"index":2,"ok":true,"output":"${'x'.repeat(20 * 1024 * 1024)}"}\n`;
    await commit(1, large);
    await write('out.jsonl');
    expect((await fileText('out.jsonl')) === linesOf(0) + large + allLines(range(BATCHES).slice(2))).toBe(true);
  });

  it('are read ahead, but not without bound, while the sink is slow', async () => {
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

  it('of an unknown job are misuse', async () => {
    await expect(write('out.jsonl', undefined, 'nope')).rejects.toThrow('There is no job nope');
    await expect(write('out.jsonl', undefined, 'nope')).rejects.toThrow(UserError);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('the results file', () => {
  it('stays as it was when the reading fails or is aborted, and nothing is left beside it', async () => {
    await writeFile(path.join(cwd, 'out.jsonl'), 'before');
    store.beforeRead = (key) => {
      if (key === outcomeKey(JOB, 50)) throw new Error('the network is gone');
    };
    await expect(write('out.jsonl')).rejects.toThrow('the network is gone');
    store.beforeRead = (key) => {
      if (key === outcomeKey(JOB, 50)) aborter.abort(new Error('Ctrl-C'));
    };
    await expect(write('out.jsonl')).rejects.toThrow('Ctrl-C');
    expect(await fileText('out.jsonl')).toBe('before');
    expect(await readdir(cwd)).toEqual(['out.jsonl']);
  });

  it('that is a link is replaced where the link points', async () => {
    await mkdir(path.join(cwd, 'real'));
    await writeFile(path.join(cwd, 'real/out.jsonl'), 'before');
    await symlink('real/out.jsonl', path.join(cwd, 'link'));
    await write('link');
    expect(await fileText('real/out.jsonl')).toBe(allLines(range(BATCHES)));
  });

  it('may be a device, which stays one', async () => {
    expect(await write('/dev/null')).toMatchObject({ items: 240 });
  });

  it.each([
    ['.', /it is a directory/],
    ['no/such/directory/out.jsonl', /there is no directory/],
  ])('that cannot be written is misuse: %s', async (out, message) => {
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

  it('that is closed by its reader ends the writing, without a crash', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    await expect(write('-', stdout)).rejects.toThrow(OutputClosed);
  });
});
