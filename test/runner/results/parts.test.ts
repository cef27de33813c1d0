import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { outcomeKey, planKey } from '../../../core/contract/keys.js';
import { encodeOutputLine, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import { encodePlanLine } from '../../../core/dataset/plan.js';
import { UserError } from '../../../runner/errors.js';
import type { OutputWorld } from '../../../runner/results/open-results.js';
import { requireWritable, type ResultsChoice, writeOutput } from '../../../runner/results/write-output.js';
import type { WrittenResults } from '../../../runner/results/write-results.js';
import { MemoryBucket, MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

const BATCHES = 30;
const PER_BATCH = 50;
const { signal } = new AbortController();

let cwd: string;
let store: MemoryStore;
let bucket: MemoryBucket;

const lineOf = (index: number): string =>
  index % 7 === 3
    ? encodeResultLine(failedLine(index, { code: 'Bad', message: `no, ${index}` }))
    : encodeOutputLine(index, `{"n":${index}.0,"text":"${'é'.repeat(index % 90)}"}`);

const linesOf = (batch: number): string =>
  Array.from({ length: PER_BATCH }, (_, item) => lineOf(batch * PER_BATCH + item)).join('');

beforeEach(async () => {
  cwd = await tempDirectory();
  store = new MemoryStore();
  bucket = new MemoryBucket();
  const plan = Array.from({ length: BATCHES }, (_, batch) =>
    encodePlanLine({ batch, key: 'part', startByte: 0, endByte: 1, firstIndex: batch * PER_BATCH, items: PER_BATCH }),
  );
  await store.put(planKey('one'), plan.join(''), { signal });
  for (let batch = 0; batch < BATCHES; batch += 1)
    await store.put(outcomeKey('one', batch), linesOf(batch), { signal });
});

const world = (): OutputWorld => ({
  cwd,
  stdout: new PassThrough(),
  given: [],
  signal,
  s3: { buckets: () => bucket, stackBucket: 'stack' },
});

async function write(
  choice: Partial<ResultsChoice> & { out: string },
  createdAt = '2026-01-01',
): Promise<WrittenResults> {
  return writeOutput({ force: false, partBytes: 10_000, ...choice }, world(), {
    job: 'one',
    batches: BATCHES,
    store,
    signal,
    createdAt,
    dataset: { kind: 'lines', name: 'data.jsonl' },
  });
}

/** Starts another command when an outcome is read. Returns a function that waits for its end. */
function meanwhile(command: () => Promise<unknown>): () => Promise<unknown> {
  let running: Promise<unknown> | undefined;
  store.beforeRead = async (key) => {
    // The other command reads the same outcome.
    if (key === outcomeKey('one', 25) && running === undefined) await (running = Promise.resolve().then(command));
  };
  return async () => running;
}

/** The visible files of a folder, or the objects below the prefix, by name. */
async function filesOf(out: string): Promise<ReadonlyMap<string, Buffer>> {
  if (out.startsWith('s3://')) {
    const prefix = out.split('/').slice(3).join('/');
    return new Map([...bucket.objects].map(([key, { body }]) => [key.slice(prefix.length), body]));
  }
  const names = (await readdir(path.join(cwd, out))).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(cwd, out, name))] as const)),
  );
}

const partsIn = (files: ReadonlyMap<string, Buffer>): readonly string[] =>
  [...files.keys()].filter((name) => name.startsWith('part-')).sort();
const joined = (files: ReadonlyMap<string, Buffer>, read: (bytes: Buffer) => Buffer = (bytes) => bytes): string =>
  partsIn(files)
    .map((name) => read(files.get(name) ?? Buffer.alloc(0)).toString())
    .join('');
const manifestOf = (files: ReadonlyMap<string, Buffer>): unknown =>
  JSON.parse(files.get('_manifest.json')?.toString() ?? 'null');

const all = Array.from({ length: BATCHES }, (_, batch) => linesOf(batch)).join('');

describe('an item', () => {
  it('has the same line in one file, in gzip, in a folder of parts and in a bucket', async () => {
    await writeOutput({ out: 'a.jsonl', force: false }, world(), jobOne());
    await writeOutput({ out: 'a.jsonl.gz', force: false }, world(), jobOne());
    await write({ out: 'parts/' });
    await write({ out: 'zipped/', format: 'jsonl.gz', partBytes: 500 });
    await write({ out: 's3://mine/a/b/' });
    expect(await readFile(path.join(cwd, 'a.jsonl'), 'utf8')).toBe(all);
    expect(gunzipSync(await readFile(path.join(cwd, 'a.jsonl.gz'))).toString()).toBe(all);
    expect(joined(await filesOf('parts/'))).toBe(all);
    expect(joined(await filesOf('zipped/'), gunzipSync)).toBe(all);
    expect(joined(await filesOf('s3://mine/a/b/'))).toBe(all);
  });

  it('has the same row in one CSV file and in parts, each of which has the header', async () => {
    await writeOutput({ out: 'a.csv', force: false }, world(), jobOne());
    await write({ out: 'parts/', format: 'csv' });
    const whole = await readFile(path.join(cwd, 'a.csv'), 'utf8');
    const header = whole.slice(0, whole.indexOf('\n') + 1);
    const files = await filesOf('parts/');
    expect(partsIn(files).length).toBeGreaterThan(3);
    const bodies = partsIn(files).map((name) => {
      const text = files.get(name)?.toString() ?? '';
      expect(text.startsWith(header)).toBe(true);
      return text.slice(header.length);
    });
    expect(header + bodies.join('')).toBe(whole);
  });
});

const jobOne = () => ({
  job: 'one',
  batches: BATCHES,
  store,
  signal,
  createdAt: '2026-01-01',
  dataset: { kind: 'lines' as const, name: 'data.jsonl' },
});

describe.each(['parts/', 's3://mine/some/prefix/'])('the parts in %s', (out) => {
  it('are of about the wanted size, and are listed in a manifest', async () => {
    const written = await write({ out });
    const files = await filesOf(out);
    const names = partsIn(files);
    expect(names.slice(0, 2)).toEqual(['part-00000.jsonl', 'part-00001.jsonl']);
    for (const name of names.slice(0, -1)) {
      expect(files.get(name)?.length).toBeGreaterThanOrEqual(10_000);
      expect(files.get(name)?.length).toBeLessThan(20_000);
    }
    expect([...files.keys()].filter((name) => !name.startsWith('part-')).sort()).toEqual([
      '_manifest.json',
      '_spotpool.json',
    ]);
    const { ok, failed } = written;
    expect(manifestOf(files)).toMatchObject({
      job: 'one',
      format: 'jsonl',
      rows: 1_500,
      ok,
      failed,
      partial: false,
      parts: names.map((name) => ({ name, bytes: files.get(name)?.length })),
    });
  });

  it('are replaced by the same job, and parts that it does not have any more are removed', async () => {
    await write({ out });
    await write({ out, partBytes: 40_000, only: 'ok' });
    const files = await filesOf(out);
    expect(joined(files).split('\n')).toHaveLength(1_500 - 214 + 1);
    expect(manifestOf(files)).toMatchObject({ only: 'ok', failed: 0, parts: partsIn(files).map((name) => ({ name })) });
  });

  it('of another job need --force', async () => {
    await write({ out });
    await expect(write({ out }, '2026-02-02')).rejects.toThrow(/holds results of job one.*--force/);
    await write({ out, force: true, format: 'csv' }, '2026-02-02');
    const files = await filesOf(out);
    expect(manifestOf(files)).toMatchObject({ createdAt: '2026-02-02', format: 'csv' });
    expect(partsIn(files).every((name) => name.endsWith('.csv'))).toBe(true);
  });

  it('are never written beside files that spotpool did not write, with --force neither', async () => {
    if (out.startsWith('s3')) await bucket.put('some/prefix/theirs.parquet', 'x', { signal });
    else {
      await mkdir(path.join(cwd, 'parts'));
      await writeFile(path.join(cwd, 'parts', 'theirs.parquet'), 'x');
    }
    for (const force of [false, true]) {
      await expect(write({ out, force })).rejects.toThrow(UserError);
      await expect(requireWritable({ out, force }, world())).rejects.toThrow(/holds theirs\.parquet/);
    }
    expect([...(await filesOf(out)).keys()]).toEqual(['theirs.parquet']);
  });

  it('that were changed since need --force', async () => {
    await write({ out });
    const name = 'part-00001.jsonl';
    if (out.startsWith('s3')) await bucket.put(`some/prefix/${name}`, 'mine now', { signal });
    else await writeFile(path.join(cwd, 'parts', name), 'mine now');
    await expect(write({ out })).rejects.toThrow(/part-00001\.jsonl was changed/);
    await write({ out, force: true });
    expect(joined(await filesOf(out))).toBe(all);
  });

  it('of a job without results are one part without rows', async () => {
    for (let batch = 0; batch < BATCHES; batch += 1) store.objects.delete(outcomeKey('one', batch));
    await write({ out });
    const files = await filesOf(out);
    expect(partsIn(files)).toEqual(['part-00000.jsonl']);
    expect(manifestOf(files)).toMatchObject({ rows: 0, partial: true });
  });

  it('stay whole when a second command of the same job wrote them while the first one was still reading', async () => {
    const second = meanwhile(() => write({ out, partBytes: 30_000 }));
    await expect(write({ out })).rejects.toThrow(/Another command writes to/);
    await second();
    const files = await filesOf(out);
    expect(joined(files)).toBe(all);
    expect(manifestOf(files)).toMatchObject({
      parts: partsIn(files).map((name) => ({ name, bytes: files.get(name)?.length })),
    });
  });

  it('are those of the manifest when two commands of the same job replaced them side by side', async () => {
    await write({ out, partBytes: 20_000 });
    const second = meanwhile(() => write({ out, partBytes: 10_000 }));
    await write({ out, partBytes: 30_000 }).catch(() => undefined);
    await second();
    const files = await filesOf(out);
    expect(joined(files)).toBe(all);
    expect(manifestOf(files)).toMatchObject({
      parts: partsIn(files).map((name) => ({ name, bytes: files.get(name)?.length })),
    });
  });

  it('leave nothing when the outcomes cannot be read to their end', async () => {
    store.beforeRead = (key) => {
      if (key === outcomeKey('one', 25)) throw new Error('the network is gone');
    };
    await expect(write({ out })).rejects.toThrow('the network is gone');
    expect([...(await filesOf(out)).keys()]).toEqual([]);
  });
});

describe('a writing into a bucket that is stopped at any write', () => {
  it('never shows a manifest of parts that are not there, and the same command completes it', async () => {
    await write({ out: 's3://mine/p/' });
    const before = new Map(bucket.objects);
    for (let stop = 1; stop < 40; stop += 1) {
      let writes = 0;
      bucket.objects.clear();
      for (const [key, object] of before) bucket.objects.set(key, object);
      // The process is killed: no later write comes through, and nothing is cleaned up.
      bucket.beforeWrite = () => {
        if ((writes += 1) >= stop) throw new Error('killed');
      };
      const ended = await write({ out: 's3://mine/p/', partBytes: 30_000 }).then(
        () => true,
        () => false,
      );
      bucket.beforeWrite = () => undefined;
      requireTrueManifest();
      if (ended) return;
      await write({ out: 's3://mine/p/', partBytes: 30_000 });
      expect(joined(await filesOf('s3://mine/p/'))).toBe(all);
    }
    throw new Error('The writing never came to its end.');
  });

  function requireTrueManifest(): void {
    const manifest = bucket.text('p/_manifest.json');
    if (manifest === undefined) return;
    const { parts } = JSON.parse(manifest) as { readonly parts: readonly { name: string; bytes: number }[] };
    for (const { name, bytes } of parts) expect(bucket.objects.get(`p/${name}`)?.body.length).toBe(bytes);
    expect(parts).toHaveLength([...bucket.objects.keys()].filter((key) => key.startsWith('p/part-')).length);
  }
});

describe('a folder of parts', () => {
  it('is refused with the name of a link that leads nowhere', async () => {
    await mkdir(path.join(cwd, 'parts'));
    await symlink('nowhere', path.join(cwd, 'parts', 'theirs'));
    await expect(write({ out: 'parts/' })).rejects.toThrow(/holds theirs, and spotpool did not write it/);
  });

  it('keeps its earlier results whole when writing it anew fails', async () => {
    await write({ out: 'parts/' });
    const before = await filesOf('parts/');
    store.beforeRead = (key) => {
      if (key === outcomeKey('one', 25)) throw new Error('the network is gone');
    };
    await expect(write({ out: 'parts/', partBytes: 30_000 })).rejects.toThrow('the network is gone');
    expect(await filesOf('parts/')).toEqual(before);
  });

  it('is never the dataset of the job or the folder of its files, with --force neither', async () => {
    await write({ out: 'parts/' });
    const before = await filesOf('parts/');
    for (const [file, message] of [
      ['parts', /it is the dataset/],
      ['parts/part-00000.jsonl', /it holds the dataset/],
    ] as const) {
      const given = [{ path: path.join(cwd, file), what: 'the dataset' }];
      const refused = requireWritable({ out: 'parts/', force: true }, { ...world(), given });
      await expect(refused).rejects.toThrow(message);
    }
    expect(await filesOf('parts/')).toEqual(before);
  });

  it('is not the bucket of the stack', async () => {
    await expect(requireWritable({ out: 's3://stack/jobs/', force: true }, world())).rejects.toThrow(
      /bucket of the stack/,
    );
  });

  it('in S3 is never the prefix of the dataset, and with --force no prefix within it', async () => {
    const refusal = (dataset: string, force: boolean, out = 's3://mine/p/'): Promise<unknown> =>
      requireWritable({ out, force }, { ...world(), given: [{ path: dataset, what: 'the dataset' }] }).then(
        () => 'allowed',
        (error: unknown) => (error instanceof UserError ? error.message : error),
      );
    expect(await refusal('s3://mine/p/', true)).toMatch(/s3:\/\/mine\/p\/: it is the dataset/);
    for (const dataset of ['s3://mine/p/part-00000.jsonl', 's3://mine/p/part-*'])
      expect(await refusal(dataset, false)).toMatch(/it holds the dataset \(s3:\/\/mine\/p\/part-/);
    expect(await refusal('s3://mine/**/*.csv', true)).toMatch(/it is within the dataset/);
    for (const dataset of ['s3://mine/**/*.csv', 's3://mine/p/q/a.csv', 's3://mine/p2/', '/mine/p/'])
      expect(await refusal(dataset, false)).toBe('allowed');
  });

  it('needs a parent folder, and a place that is no file', async () => {
    await writeFile(path.join(cwd, 'file'), 'x');
    await expect(write({ out: 'no/where/' })).rejects.toThrow(/does not exist/);
    await expect(write({ out: 'file/' })).rejects.toThrow(/not a directory|no folder/);
  });
});
