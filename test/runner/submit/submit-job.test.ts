import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type BatchLocation, type BatchMessage, decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job.js';
import {
  enqueuedKey,
  inputPartKey,
  manifestKey,
  modelBundleKey,
  outcomeKey,
  planKey,
  sentKey,
  sourcesKey,
  submitClaimKey,
  workerPointerKey,
} from '../../../core/contract/keys.js';
import { decodePlanLine } from '../../../core/dataset/plan.js';
import { LOOK_EVERY_MS } from '../../../runner/submit/claim.js';
import { UserError } from '../../../runner/errors.js';
import type { SubmitEvent } from '../../../runner/submit/submit-event.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import { noItems } from '../../../runner/submit/upload-dataset.js';
import type { Submitted, SubmitRequest } from '../../../runner/submit/submit-request.js';
import type { PublishedWorker } from '../../../runner/worker-bundle/publish-worker.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

let cwd: string;
let store: MemoryStore;
let bodies: string[];
let events: SubmitEvent[];
let beforeSend: () => unknown;
let aborter: AbortController;
let onEvent: (event: SubmitEvent) => void;
/** The share of a wait that passes on the store's clock. */
let passing: number;

beforeEach(async () => {
  cwd = await tempDirectory({ 'model.mjs': 'export const predict = (x) => x;' });
  await writeItems(2_500);
  store = new MemoryStore();
  bodies = [];
  events = [];
  beforeSend = () => undefined;
  aborter = new AbortController();
  onEvent = () => undefined;
  passing = 1;
});

const writeItems = (count: number): Promise<void> =>
  writeFile(path.join(cwd, 'items.txt'), Array.from({ length: count }, (_, i) => `item ${i}\n`).join(''));

function submit(overrides: Partial<SubmitRequest> = {}, dataset = 'items.txt', named = true): Promise<Submitted> {
  const request: SubmitRequest = {
    dataset: { arguments: [dataset], cwd },
    model: { argument: 'model.mjs', cwd, searchPath: '' },
    sizes: { batchItems: 2 },
    options: DEFAULT_JOB_OPTIONS,
    ...(named ? { id: 'job-1' } : {}),
    createdBy: 'ada',
    versions: { spotpool: '1.2.3', node: '20.19.0' },
    ...overrides,
  };
  const queue = {
    send: async (calls: readonly string[]) => {
      beforeSend();
      bodies.push(...calls);
    },
    counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }),
  };
  const sources = {
    stream: () => store.stream('none', { signal: aborter.signal }),
    list: () => store.list('none', { signal: aborter.signal }),
    head: async () => undefined,
  };
  // A submit that waits for another one waits by the store's clock.
  const clock = {
    nowMs: () => Date.UTC(2026, 0, 2),
    sleep: async (ms: number, limit: AbortSignal) => {
      if (ms !== LOOK_EVERY_MS) return delay(ms, undefined, { signal: limit });
      await new Promise(setImmediate);
      store.nowMs += passing * ms;
    },
  };
  const hooks = { onEvent: (event: SubmitEvent) => (events.push(event), onEvent(event)), signal: aborter.signal };
  const publishWorker = async (): Promise<PublishedWorker> => {
    await store.put(workerPointerKey, '', { signal: aborter.signal, ifNoneMatch: true });
    return { kind: 'published', version: '1.2.3', bytes: 3 };
  };
  return submitJob(request, { store, queue, sources, clock, random: () => 0.5, publishWorker }, hooks);
}

const messages = (): BatchMessage[] =>
  bodies.map((body) => {
    const message = decodeBatchMessage(body);
    if (message === undefined) throw new Error(`not a message: ${body}`);
    return message;
  });

describe('a submission', () => {
  it('writes input, plan, model, manifest and mark in this order, and sends every batch once', async () => {
    const { job, manifest, resumed } = await submit();
    expect({ job, resumed }).toEqual({ job: 'job-1', resumed: false });
    expect(store.writes.filter((key) => key !== sentKey('job-1'))).toEqual([
      submitClaimKey('job-1'),
      inputPartKey('job-1', 0),
      sourcesKey('job-1'),
      planKey('job-1'),
      workerPointerKey,
      modelBundleKey(manifest.model.digest),
      manifestKey('job-1'),
      enqueuedKey('job-1'),
    ]);
    const input = store.text(inputPartKey('job-1', 0)) ?? '';
    expect(manifest).toEqual({
      version: 1,
      job: 'job-1',
      dataset: {
        name: 'items.txt',
        digest: createHash('sha256').update(input).digest('hex'),
        kind: 'lines',
        items: 2_500,
        bytes: input.length,
        badItems: 0,
        sources: 1,
      },
      model: expect.objectContaining({ name: 'model.mjs', start: { kind: 'module', entry: 'model.mjs' } }) as unknown,
      options: DEFAULT_JOB_OPTIONS,
      batches: 1_250,
      batchSizes: { kind: 'fixed', largestItems: 2, smallestItems: 2 },
      createdAt: '2026-01-02T00:00:00.000Z',
      createdBy: 'ada',
      versions: { spotpool: '1.2.3', node: '20.19.0' },
    });
    expect(JSON.parse(store.text(manifestKey('job-1')) ?? '')).toEqual(manifest);
    expect(JSON.parse(store.text(sentKey('job-1')) ?? '')).toEqual({ sent: 1_250, order: 'sample-first' });
  });

  it('sends messages that name the manifest and the byte range of their items, as the plan does', async () => {
    await submit();
    const manifestDigest = createHash('sha256')
      .update(store.text(manifestKey('job-1')) ?? '')
      .digest('hex');
    const sorted = messages().sort((a, b) => a.batch - b.batch);
    expect(sorted.map(({ batch }) => batch)).toEqual(Array.from({ length: 1_250 }, (_, batch) => batch));
    const { startByte, endByte, ...last } = sorted.at(-1) ?? { startByte: 0, endByte: 0 };
    expect(last).toMatchObject({ job: 'job-1', manifestDigest, firstIndex: 2_498, items: 2 });
    const input = store.text(inputPartKey('job-1', 0)) ?? '';
    expect(input.slice(startByte, endByte)).toBe('"item 2498"\n"item 2499"\n');
    const plan = (store.text(planKey('job-1')) ?? '').trim().split('\n').map(decodePlanLine);
    expect(sorted.map(({ job: _job, manifestDigest: _digest, ...location }) => location)).toEqual(plan);
  });

  it('puts the lowest worker version of the manifest into each message', async () => {
    await submit({ versions: { spotpool: '1.2.3', node: '20.19.0', worker: '1.2.0' } });
    expect(new Set(messages().map(({ worker }) => worker))).toEqual(new Set(['1.2.0']));
  });

  it('reports the model, the upload, the worker, the queue and the end', async () => {
    await submit();
    expect([...new Set(events.map(({ code }) => code))]).toEqual([
      'model-bundled',
      'begun',
      'uploading',
      'worker',
      'enqueueing',
      'submitted',
    ]);
    expect(events.filter(({ code }) => code === 'uploading').at(-1)).toMatchObject({ items: 2_500 });
    expect(events.at(-1)).toEqual({
      code: 'submitted',
      job: 'job-1',
      resumed: false,
      items: 2_500,
      badItems: 0,
      batches: 1_250,
    });
  });

  it('gets an id from the time when none is given', async () => {
    const { job } = await submit({}, 'items.txt', false);
    expect(job).toMatch(/^20260102-000000-[a-z0-9]{6}$/);
  });

  it.each(['', 'Job', 'a/b', '../x'])('is refused with the id "%s"', async (id) => {
    await expect(submit({ id })).rejects.toThrow(/Invalid job id .*: use lower-case letters/);
    expect(store.writes).toEqual([]);
  });

  it('without items is refused before anything is written', async () => {
    await writeFile(path.join(cwd, 'empty.csv'), 'only,a,header\n');
    await expect(submit({}, 'empty.csv')).rejects.toThrow('The dataset empty.csv has no items');
    await expect(submit({}, 'empty.csv')).rejects.toThrow(UserError);
    expect(store.writes).toEqual([]);
  });

  it('without items from standard input is refused without a name that the user may never have written', () => {
    expect(noItems({ name: '-' }).message).toBe('The dataset has no items.');
  });

  it('reports when batches must be larger than requested', async () => {
    await submit({ sizes: { batchItems: 2, maxBatches: 500 } });
    expect(events).toContainEqual({ code: 'batch-size-raised', wantedItems: 2, items: 8 });
  });
});

describe('a repeated submission after an interruption', () => {
  /** The second submission has only the objects that the interrupted one has left behind. */
  it('continues from every point at which a write can fail', async () => {
    await submit();
    const keys = [...store.writes];
    const sentOnce = bodies.length;
    // Each submission has another user.
    const contents = (): Map<string, string> =>
      new Map(
        [...store.objects]
          .filter(([key]) => key !== submitClaimKey('job-1'))
          .map(([key, { body }]) => [key, body.toString('hex')]),
      );
    const final = contents();
    for (let failing = 0; failing < keys.length; failing++) {
      store = new MemoryStore();
      bodies = [];
      store.beforeWrite = () => {
        if (store.writes.length === failing) throw new Error('the network is gone');
      };
      await expect(submit()).rejects.toThrow('the network is gone');
      expect(store.objects.has(enqueuedKey('job-1'))).toBe(false);
      store.beforeWrite = () => undefined;
      const { resumed } = await submit();
      expect(resumed).toBe(failing > keys.indexOf(manifestKey('job-1')));
      expect(contents()).toEqual(final);
      expect(new Set(messages().map(({ batch }) => batch)).size).toBe(sentOnce);
      expect(store.writes.filter((key) => key.includes('/part-'))).toHaveLength(1);
    }
  });

  it('sends only the batches that were not counted as sent', async () => {
    beforeSend = () => {
      if (bodies.length >= 1_100) aborter.abort(new Error('Ctrl-C'));
      aborter.signal.throwIfAborted();
    };
    await expect(submit()).rejects.toThrow('Ctrl-C');
    expect(JSON.parse(store.text(sentKey('job-1')) ?? '')).toEqual({ sent: 1_000, order: 'sample-first' });
    const sent = messages().slice(0, 1_000);
    bodies = [];
    aborter = new AbortController();
    beforeSend = () => undefined;
    expect((await submit()).resumed).toBe(true);
    expect([...sent, ...messages()].map(({ batch }) => batch).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1_250 }, (_, batch) => batch),
    );
    expect(messages()).toHaveLength(250);
  });

  it('sends a sample from all over the dataset first (R10)', async () => {
    await submit();
    const first = messages().slice(0, 20);
    expect(new Set(first.map(({ batch }) => Math.floor((batch / 1_250) * 19))).size).toBe(19);
  });

  it('sends every batch again when an older version had counted in another order', async () => {
    beforeSend = () => {
      if (bodies.length >= 1_100) throw new Error('killed');
    };
    await expect(submit()).rejects.toThrow('killed');
    const counted = store.objects.get(sentKey('job-1'))!;
    store.objects.set(sentKey('job-1'), { ...counted, body: Buffer.from('{"sent":1000}\n') });
    bodies = [];
    beforeSend = () => undefined;
    await submit();
    expect(new Set(messages().map(({ batch }) => batch)).size).toBe(1_250);
  });

  it('makes the same batches of falling size', async () => {
    const guided = { sizes: {} };
    store.beforeWrite = (key) => {
      if (key === sentKey('job-1')) throw new Error('killed');
    };
    await expect(submit(guided)).rejects.toThrow('killed');
    store.beforeWrite = () => undefined;
    const { resumed, manifest } = await submit(guided);
    expect(resumed).toBe(true);
    expect(manifest.batchSizes).toEqual({ kind: 'guided', largestItems: 20, smallestItems: 1 });
    expect(new Set(messages().map(({ items }) => items))).toContain(7);
  });

  it('sends the batches that were planned, also when this version would choose others', async () => {
    store.beforeWrite = (key) => {
      if (key === sentKey('job-1')) throw new Error('killed');
    };
    await expect(submit({ sizes: {} })).rejects.toThrow('killed');
    store.beforeWrite = () => undefined;
    const lines = (store.text(planKey('job-1')) ?? '').trimEnd().split('\n');
    const [first, second] = lines.map((line) => JSON.parse(line) as BatchLocation);
    const joined = { ...first, endByte: second?.endByte, items: (first?.items ?? 0) + (second?.items ?? 0) };
    const renumbered = lines.slice(2).map((line, at) => ({ ...(JSON.parse(line) as BatchLocation), batch: at + 1 }));
    const planned = [joined, ...renumbered].map((batch) => `${JSON.stringify(batch)}\n`).join('');
    const body = Buffer.from(planned);
    store.objects.set(planKey('job-1'), { ...store.objects.get(planKey('job-1'))!, body });
    bodies = [];
    expect((await submit({ sizes: {} })).resumed).toBe(true);
    expect(messages()).toHaveLength(lines.length - 1);
    expect(messages().find(({ batch }) => batch === 0)?.items).toBe(joined.items);
    await expect(submit({ sizes: { batchItems: 5 } })).rejects.toThrow('--batch-size or --batch-bytes differs');
  });

  it('does nothing when everything was sent', async () => {
    const first = await submit();
    const writes = store.writes.length;
    bodies = [];
    expect(await submit()).toEqual({ ...first, resumed: true });
    expect(bodies).toEqual([]);
    expect(store.writes).toHaveLength(writes);
  });

  it('does not read the outcomes that workers have written meanwhile', async () => {
    const looked: string[] = [];
    const head = store.head.bind(store);
    store.head = (key, options) => (looked.push(key), head(key, options));
    const outcome = { body: Buffer.from(''), etag: 'e', metadata: {}, lastModifiedMs: 0 };
    beforeSend = () => store.objects.set(outcomeKey('job-1', 0), outcome);
    await submit();
    expect(looked).not.toContain(outcomeKey('job-1', 0));
  });

  it('is refused with the differences when the job exists', async () => {
    await submit();
    const refused = async (message: RegExp, overrides: Partial<SubmitRequest> = {}): Promise<void> => {
      await expect(submit(overrides)).rejects.toThrow(message);
      await expect(submit(overrides)).rejects.toThrow(UserError);
    };
    const options = { ...DEFAULT_JOB_OPTIONS, maxWorkers: 3, slots: 'cpus' as const, env: { TOKEN: 'secret' } };
    await refused(/--max-workers was not given, now 3; --slots was auto, now cpus; --env differs/, { options });
    await refused(/^(?!.*secret)/, { options });
    await refused(/--batch-size or --batch-bytes differs \(it made 1250 batches, now 834\)/, {
      sizes: { batchItems: 3 },
    });
    await refused(/--setup differs/, { model: { argument: 'model.mjs', cwd, searchPath: '', setup: 'true' } });
    await writeItems(2_501);
    await refused(/the dataset's contents differ \(it was items\.txt with 2500 items, now items\.txt with 2501\)/);
    await writeFile(path.join(cwd, 'model.mjs'), 'export const predict = (y) => y;');
    await refused(/the model's files differ.*choose another --id/);
    expect(store.writes.filter((key) => key === manifestKey('job-1'))).toHaveLength(1);
  });

  it('never overwrites the input of another submission with the same id', async () => {
    store.beforeWrite = (key) => {
      if (key === planKey('job-1')) throw new Error('killed');
    };
    await expect(submit()).rejects.toThrow('killed');
    store.beforeWrite = () => undefined;
    const before = store.text(inputPartKey('job-1', 0));
    await writeItems(9);
    await expect(submit()).rejects.toThrow(/interrupted submission of job job-1 had another dataset/);
    expect(store.text(inputPartKey('job-1', 0))).toBe(before);
  });

  it('at the same time leads to one job: one submission works, the other waits for it', async () => {
    passing = 0; // both renew their claims in time
    let seen: (event: SubmitEvent) => void;
    const followed = new Promise<void>((resolve) => {
      seen = ({ code }) => (code === 'following-submit' ? resolve() : undefined);
    });
    onEvent = (event) => seen(event);
    store.beforeWrite = async (key) => {
      if (key === manifestKey('job-1')) await followed;
    };
    const both = await Promise.all([submit(), submit()]);
    expect(both.map(({ manifest }) => manifest)).toEqual([both[0].manifest, both[0].manifest]);
    const once = store.writes.filter((key) => key.startsWith('jobs/') && key !== sentKey('job-1'));
    expect(once.filter((key) => key !== submitClaimKey('job-1'))).toHaveLength(5);
    expect(bodies).toHaveLength(1_250);
    expect(both.map(({ resumed }) => resumed).sort()).toEqual([false, true]);
    expect(events).toContainEqual({ code: 'following-submit', job: 'job-1', by: 'ada' });
  });

  it('stops at an abort and leaves no temporary files', async () => {
    store.beforeWrite = (key) => {
      if (key === planKey('job-1')) aborter.abort(new Error('Ctrl-C'));
      aborter.signal.throwIfAborted();
    };
    const temporary = await tempDirectory();
    vi.stubEnv('TMPDIR', temporary);
    await expect(submit()).rejects.toThrow('Ctrl-C');
    vi.unstubAllEnvs();
    expect(await readdir(temporary)).toEqual([]);
    expect(store.objects.has(manifestKey('job-1'))).toBe(false);
  });
});
