import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_JOB_OPTIONS, type Manifest } from '../../../core/contract/job.js';
import { inputPartKey, keptPartKey, manifestKey } from '../../../core/contract/keys.js';
import type { DatasetRequest } from '../../../runner/dataset/dataset-request.js';
import { LOOK_EVERY_MS } from '../../../runner/submit/claim.js';
import type { SubmitEvent } from '../../../runner/submit/submit-event.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import type { Submitted } from '../../../runner/submit/submit-request.js';
import { errorOf } from '../../support/error-of.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

const JOB = 'job-1';
const KEPT = keptPartKey(JOB, 0);
const { signal } = new AbortController();

let cwd: string;
let store: MemoryStore;
let events: SubmitEvent[];

beforeEach(async () => {
  cwd = await tempDirectory({ 'model.mjs': 'export const predict = (x) => x;' });
  store = new MemoryStore();
  events = [];
});

/** A submit that waits for another one waits by the store's clock. */
const clock = {
  nowMs: () => 0,
  sleep: async (ms: number, limit: AbortSignal) => {
    if (ms !== LOOK_EVERY_MS) return delay(ms, undefined, { signal: limit });
    await new Promise(setImmediate);
    store.nowMs += ms;
  },
};

type Fields = Pick<DatasetRequest, 'idField' | 'keep' | 'limit'>;

/** Submits a file of items, or with `fromS3` an object, which is not read twice. */
async function submit(
  lines: readonly string[],
  fields: Fields = {},
  { fromS3 = false, into = store }: { readonly fromS3?: boolean; readonly into?: MemoryStore } = {},
): Promise<Submitted> {
  const text = lines.map((line) => `${line}\n`).join('');
  await writeFile(path.join(cwd, 'items.jsonl'), text);
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  };
  const dataset = { arguments: [fromS3 ? 's3://data/items.jsonl' : 'items.jsonl'], cwd, ...fields };
  return submitJob(
    {
      dataset,
      model: { argument: 'model.mjs', cwd, searchPath: '' },
      sizes: { batchItems: 2 },
      options: DEFAULT_JOB_OPTIONS,
      id: JOB,
      createdBy: 'ada',
      versions: { spotpool: '1.2.3', node: '20.19.0' },
    },
    {
      store: into,
      queue: { send: async () => undefined, counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }) },
      sources: {
        stream: source,
        list: () => into.list('none', { signal }),
        head: async () => ({ key: 'items.jsonl', size: text.length, etag: '"e"' }),
      },
      clock,
      random: () => 0.5,
    },
    { onEvent: (event) => events.push(event), signal },
  );
}

const identityOf = ({ manifest }: { readonly manifest: Manifest }) => manifest.dataset.identity;
const digestOf = (text = ''): string => createHash('sha256').update(text).digest('hex');
const notices = (): readonly string[] => events.flatMap((event) => (event.code === 'ids' ? [event.message] : []));

const THREE = ['{"id":"a","n":1.0}', '{"id":"b"}', '{"id":7,"n":[1, 2]}'];

describe('ids and kept fields', () => {
  it('are written beside the input before the manifest, and named in it', async () => {
    const submitted = await submit(THREE, { idField: 'id', keep: ['n'] });
    const text = '{"id":"a","kept":{"n":1.0}}\n{"id":"b"}\n{"id":7,"kept":{"n":[1, 2]}}\n';
    expect(store.text(KEPT)).toBe(text);
    expect(store.writes.indexOf(KEPT)).toBeLessThan(store.writes.indexOf(manifestKey(JOB)));
    expect(identityOf(submitted)).toEqual({ idField: 'id', keep: ['n'], digest: digestOf(text) });
    expect(store.text(inputPartKey(JOB, 0))).toBe(`${THREE.join('\n')}\n`);
  });

  it('are those of the first items with a limit', async () => {
    await submit([...THREE, '{"id":"a"}'], { idField: 'id', limit: 2 });
    expect(store.text(KEPT)).toBe('{"id":"a"}\n{"id":"b"}\n');
  });

  it('leave no temporary file behind', async () => {
    const spools = async () => (await readdir(os.tmpdir())).filter((name) => name.startsWith('spotpool-kept-'));
    const before = await spools();
    await submit(THREE, { idField: 'id' });
    await errorOf(submit(['{"id":1}', '{"id":1}'], { idField: 'id' }, { fromS3: true, into: new MemoryStore() }));
    expect(await spools()).toEqual(before);
  });

  it('are refused when no item has a kept field', async () => {
    const error = await errorOf(submit(THREE, { keep: ['n', 'm'] }));
    expect(error.message).toBe(
      'No item of the dataset items.jsonl has the field "m" (--keep). Correct the name, or leave it out.',
    );
    expect(store.text(manifestKey(JOB))).toBeUndefined();
  });
});

describe('an id that is not unique', () => {
  const lines = ['{"id":"a"}', '{"id":1}', '{"id":"\\u0061"}', '{"id":"1"}'];
  const places =
    '2 items of the dataset NAME have the id of an earlier item:\n' +
    '  "\\u0061": NAME, row 1 and NAME, row 3\n' +
    '  "1": NAME, row 2 and NAME, row 4\n';

  it('is refused with both places, before anything is uploaded', async () => {
    const error = await errorOf(submit(lines, { idField: 'id' }));
    expect(error.message).toBe(`${places.replaceAll('NAME', 'items.jsonl')}Nothing was uploaded.`);
    expect(error.name).toBe('UserError');
    expect(store.writes).toEqual([]);
  });

  it('is refused before the job begins when the dataset cannot be read twice', async () => {
    const error = await errorOf(submit(lines, { idField: 'id' }, { fromS3: true }));
    expect(error.message).toBe(
      `${places.replaceAll('NAME', 's3://data/items.jsonl')}Job job-1 was not created. The input that was uploaded for it stays in the stack's bucket.`,
    );
    expect(error.name).toBe('UserError');
    expect(Object.keys(Object.fromEntries(store.objects))).not.toContain(manifestKey(JOB));
    expect(store.text(KEPT)).toBeUndefined();
  });

  it('is shown for the first five items, with the number of all', async () => {
    const error = await errorOf(submit(Array(9).fill('{"id":0}') as string[], { idField: 'id' }));
    expect(error.message.split('\n')).toHaveLength(7);
    expect(error.message).toContain(
      '8 items of the dataset items.jsonl have the id of an earlier item. The first of them:',
    );
  });
});

describe('the same submit again', () => {
  it.each([false, true])('goes on after an interruption and writes nothing twice (from S3: %s)', async (fromS3) => {
    store.beforeWrite = (key) => {
      if (key === manifestKey(JOB)) throw new Error('interrupted');
    };
    await errorOf(submit(THREE, { idField: 'id' }, { fromS3 }));
    const kept = store.objects.get(KEPT);
    expect(kept).toBeDefined();
    store.beforeWrite = () => undefined;
    const { resumed } = await submit(THREE, { idField: 'id' }, { fromS3 });
    expect(resumed).toBe(false);
    expect(store.writes.filter((key) => key === KEPT)).toHaveLength(1);
    const again = await submit(THREE, { idField: 'id' }, { fromS3 });
    expect(again.resumed).toBe(true);
  });

  it('refuses other fields while the manifest is not there', async () => {
    store.beforeWrite = (key) => {
      if (key === manifestKey(JOB)) throw new Error('interrupted');
    };
    await errorOf(submit(THREE, { idField: 'id' }));
    store.beforeWrite = () => undefined;
    const error = await errorOf(submit(THREE, { idField: 'id', keep: ['n'] }));
    expect(error.message).toContain('had other ids or kept fields (--id-field, --keep)');
  });

  it('refuses other fields of a job that exists', async () => {
    await submit(THREE, { idField: 'id' });
    const kept = await errorOf(submit(THREE, { idField: 'id', keep: ['n'] }));
    expect(kept.message).toContain('differs: --keep was not given, now n.');
    const none = await errorOf(submit(THREE));
    expect(none.message).toContain('differs: --id-field was id, now not given.');
  });

  it('continues a job of a version that took no custom_id by itself', async () => {
    const lines = ['{"custom_id":"a"}', '{"custom_id":"b"}'];
    const { manifest } = await submit(lines);
    const { identity: _identity, ...older } = manifest.dataset;
    await store.put(manifestKey(JOB), JSON.stringify({ ...manifest, dataset: older }), { signal });
    const { resumed } = await submit(lines);
    expect(resumed).toBe(true);
  });
});

describe('custom_id', () => {
  it('is the id by itself when every item has one and all differ, and the command says so', async () => {
    const submitted = await submit(['{"custom_id":"a","n":1}', 'x', '{"custom_id":"b"}'], { keep: ['n'] });
    expect(store.text(KEPT)).toBe('{"id":"a","kept":{"n":1}}\n{}\n{"id":"b"}\n');
    expect(identityOf(submitted)).toMatchObject({ idField: 'custom_id', keep: ['n'] });
    expect(notices()).toEqual(["Each item's id is its custom_id. To use another field: --id-field"]);
  });

  it('is not the id when an item has none', async () => {
    const submitted = await submit(['{"custom_id":"a"}', '{"custom_id":"b"}', '{"n":1}']);
    expect(identityOf(submitted)).toBeUndefined();
    expect(store.text(KEPT)).toBeUndefined();
    expect(notices()).toEqual([
      "The field custom_id is not the items' id, because items.jsonl, row 3 has no custom_id.",
    ]);
  });

  it('is not the id when two items have the same, and kept fields are kept without it', async () => {
    const submitted = await submit(['{"custom_id":"a","n":1}', '{"custom_id":"a"}'], { keep: ['n'] });
    const text = '{"kept":{"n":1}}\n{}\n';
    expect(store.text(KEPT)).toBe(text);
    expect(identityOf(submitted)).toEqual({ keep: ['n'], digest: digestOf(text) });
    expect(notices()).toEqual([
      "The field custom_id is not the items' id, because items.jsonl, row 1 and items.jsonl, row 2 have the same.",
    ]);
  });

  it('is not mentioned for other datasets', async () => {
    await submit(THREE);
    expect(notices()).toEqual([]);
    expect(store.text(KEPT)).toBeUndefined();
  });
});
