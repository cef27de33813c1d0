import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BatchMessage, decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job.js';
import { enqueuedKey, manifestKey, planKey, probeKey, sentKey, submitClaimKey } from '../../../core/contract/keys.js';
import { encodeProbeMark } from '../../../core/contract/probe-mark.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import type { Submitted, SubmitRequest } from '../../../runner/submit/submit-request.js';
import { systemClock } from '../../../runner/wiring/clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

const { signal } = new AbortController();
let cwd: string;
let store: MemoryStore;
let messages: BatchMessage[];
let beforeSend: () => void;

beforeEach(async () => {
  cwd = await tempDirectory({ 'model.mjs': 'export const predict = (items) => items;' });
  await writeFile(path.join(cwd, 'items.txt'), Array.from({ length: 2_500 }, (_, n) => `item ${n}\n`).join(''));
  store = new MemoryStore();
  messages = [];
  beforeSend = () => undefined;
});

function submit(overrides: Partial<SubmitRequest>): Promise<Submitted> {
  const request: SubmitRequest = {
    dataset: { arguments: ['items.txt'], cwd },
    model: { argument: 'model.mjs', cwd, searchPath: '' },
    sizes: {},
    options: DEFAULT_JOB_OPTIONS,
    id: 'job-1',
    createdBy: 'ada',
    versions: { spotpool: '1.2.3', node: '20.19.0' },
    ...overrides,
  };
  const queue = {
    send: async (bodies: readonly string[]) => {
      beforeSend();
      for (const body of bodies) messages.push(decodeBatchMessage(body) as BatchMessage);
    },
    counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }),
  };
  const sources = {
    stream: () => store.stream('none', { signal }),
    list: () => store.list('none', { signal }),
    head: async () => undefined,
  };
  const ports = { store, queue, sources, clock: systemClock, random: () => 0.5 };
  return submitJob(request, ports, { onEvent: () => undefined, signal });
}

describe('a submission of a model that was tried', () => {
  const putPace = (msPerItem: number): Promise<unknown> => {
    const mark = {
      items: 8,
      msPerItem,
      loadMs: 1,
      memoryBytes: 1,
      machine: 'linux x64',
      at: '2026-01-01T00:00:00.000Z',
    };
    return store.put(probeKey('job-1'), encodeProbeMark({ version: 1, ...mark }), { signal });
  };

  it('cuts batches of seconds by the pace that is in the bucket, and by the slots that may come', async () => {
    await putPace(10);
    const { manifest } = await submit({ slots: 1 });
    expect(manifest.batchSizes).toMatchObject({ kind: 'guided', largestItems: 312 });
    expect(messages.every(({ items }) => items >= 100)).toBe(true);
  });

  it('keeps to the sizes that the user chose', async () => {
    await putPace(10);
    expect((await submit({ sizes: { batchItems: 2 } })).manifest.batches).toBe(1_250);
  });

  it('continues with the plan of before, when only one of the submissions has a pace', async () => {
    beforeSend = () => {
      throw new Error('offline');
    };
    await expect(submit({})).rejects.toThrow('offline');
    const plan = store.text(planKey('job-1'));
    beforeSend = () => undefined;
    await putPace(10);
    const { manifest } = await submit({ slots: 4 });
    expect(store.text(planKey('job-1'))).toBe(plan);
    expect(messages).toHaveLength(manifest.batches);
  });

  it('continues with the plan of before, when the submission broke off before the manifest', async () => {
    await submit({});
    const batches = messages.length;
    store.objects.delete(manifestKey('job-1'));
    store.objects.delete(enqueuedKey('job-1'));
    store.objects.delete(sentKey('job-1'));
    store.objects.delete(submitClaimKey('job-1'));
    messages = [];
    await putPace(10);
    expect((await submit({ slots: 4 })).manifest.batches).toBe(batches);
    expect(messages).toHaveLength(batches);
  });
});
