import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job.js';
import { filesPrefix, inputPartKey, manifestKey } from '../../../core/contract/keys.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import type { Submitted } from '../../../runner/submit/submit-request.js';
import type { SubmitEvent } from '../../../runner/submit/submit-event.js';
import { MemoryStore } from '../../support/memory-store.js';
import { fill } from '../dataset/files/folder.js';
import { tempDirectory } from '../model/files.js';

const FILES = 30;
let cwd: string;
let store: MemoryStore;
let events: SubmitEvent[];

beforeEach(async () => {
  cwd = await tempDirectory({ 'model.mjs': 'export const predict = (x) => x;', 'photos/large.bin': '' });
  await fill(path.join(cwd, 'photos'), FILES);
  await writeFile(path.join(cwd, 'photos/large.bin'), Buffer.alloc(9 * 1024 * 1024, 'large'));
  store = new MemoryStore();
  events = [];
});

function submit(id: string, signal = new AbortController().signal): Promise<Submitted> {
  const queue = { send: async () => undefined, counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }) };
  // A claim that a killed submit has left is waited for by the store's clock.
  const clock = {
    nowMs: () => store.nowMs,
    sleep: async (ms: number, limit: AbortSignal) => {
      await new Promise(setImmediate);
      limit.throwIfAborted();
      store.nowMs += ms;
    },
  };
  return submitJob(
    {
      dataset: { arguments: ['photos'], cwd },
      model: { argument: 'model.mjs', cwd, searchPath: '' },
      sizes: { batchItems: 5 },
      options: DEFAULT_JOB_OPTIONS,
      id,
      createdBy: 'ada',
      versions: { spotpool: '1.2.3', node: '20.19.0' },
    },
    {
      store,
      bucket: 'b',
      queue,
      sources: {
        stream: () => store.stream('', { signal }),
        list: () => store.list('', { signal }),
        head: async () => undefined,
      },
      clock,
      random: () => 0.5,
    },
    { signal, onEvent: (event) => void events.push(event) },
  );
}

const uploads = (): readonly string[] => store.writes.filter((key) => key.startsWith(filesPrefix));

describe('a submission of a folder', () => {
  it('uploads all files before the manifest, and a second job over the folder uploads none', async () => {
    const { manifest } = await submit('one');
    expect(manifest.dataset).toMatchObject({ name: 'photos', kind: 'objects', items: FILES + 1, badItems: 0 });
    expect(uploads()).toHaveLength(FILES + 1);
    const written = store.writes.indexOf(manifestKey('one'));
    expect(store.writes.findLastIndex((key) => key.startsWith(filesPrefix))).toBeLessThan(written);
    const second = await submit('two');
    expect(uploads()).toHaveLength(FILES + 1);
    expect(second.manifest.dataset.digest).toBe(manifest.dataset.digest);
    expect(store.text(inputPartKey('two', 0))).toBe(store.text(inputPartKey('one', 0)));
    expect(events.filter(({ code }) => code === 'files').at(-1)).toMatchObject({ files: FILES + 1, sent: 0 });
  });

  it('tells each of the files that it has read before the upload begins', async () => {
    cwd = await tempDirectory({ 'model.mjs': 'export const predict = (x) => x;', 'photos/a': 'a', 'photos/b': 'bb' });
    // Each write takes longer than the pause between two reports.
    store.beforeWrite = () => void (store.nowMs += 1_000);
    await submit('few');
    const files = events.filter((event) => event.code === 'files');
    expect(files.map((event) => [event.files, event.bytes, event.total])).toEqual([
      [1, 1, 2],
      [2, 3, 2],
    ]);
  });

  it('goes on when it was stopped at any moment, and uploads nothing twice', async () => {
    await submit('whole');
    const whole = store;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.writes.length + 2 }), async (moment) => {
        store = new MemoryStore();
        let writes = 0;
        let isStopped = false;
        store.beforeWrite = () => {
          if ((writes += 1) > moment) isStopped = true;
          // After its death a process writes nothing, not even that it stops.
          if (isStopped) throw new Error('the process was killed');
        };
        const first = await submit('job').catch(() => undefined);
        store.beforeWrite = () => undefined;
        const { manifest } = first ?? (await submit('job'));
        expect(new Set(uploads()).size).toBe(uploads().length);
        expect([...uploads()].sort()).toEqual(whole.writes.filter((key) => key.startsWith(filesPrefix)).sort());
        expect(store.text(inputPartKey('job', 0))).toBe(whole.text(inputPartKey('whole', 0)));
        expect(manifest.dataset.items).toBe(FILES + 1);
      }),
      { numRuns: 12 },
    );
  });

  it('leaves no claim, manifest or file when the folder has nothing to submit', async () => {
    cwd = await tempDirectory({ 'model.mjs': 'export const predict = (x) => x;', 'photos/.hidden': '' });
    await expect(submit('none')).rejects.toThrow('The folder photos has no files that are items');
    expect(store.writes).toEqual([]);
  });
});
