/** Sends a dataset through all parts of the product: reader, input parts, the worker's input, a slot with a real process, outcome, and results. */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BatchMessage } from '../../core/contract/batch-message.js';
import type { Manifest } from '../../core/contract/job.js';
import { inputPartKey, manifestKey, planKey } from '../../core/contract/keys.js';
import { encodePlanLine } from '../../core/dataset/plan.js';
import { definedFields } from '../../core/defined-fields.js';
import { openDataset } from '../../runner/dataset/dataset.js';
import { fileSink } from '../../runner/results/file-sink.js';
import { jsonLinesForm } from '../../runner/results/forms/json-lines.js';
import { PLAIN_COLUMNS } from '../../runner/results/row-sink.js';
import { writeResults } from '../../runner/results/write-results.js';
import { DatasetPass } from '../../runner/submit/dataset-pass.js';
import { fetchObjects, readInput } from '../../worker/batch/batch-input.js';
import { BatchRecord } from '../../worker/batch/batch-record.js';
import { HeldBatch } from '../../worker/batch/held-batch.js';
import { memoryLimitsFor } from '../../worker/batch/memory-limits.js';
import type { Slot, PreparedModel } from '../../worker/slot/slot.js';
import { systemClock } from '../../worker/system-clock.js';
import { MemoryStore } from '../support/memory-store.js';

// Sixteen objects are fetched at once, as in worker/main.ts.
setMaxListeners(100);

const JOB = 'journey';
const BATCH_ITEMS = 16;
const { signal } = new AbortController();

/** The dataset: a file of items, or objects by their keys. */
export type Source =
  { readonly file: string; readonly text: string } | { readonly objects: ReadonlyMap<string, string> };

const onTrouble = (error: unknown): never => {
  throw error;
};

/** The lines of the results. */
export async function journey(source: Source, model: PreparedModel, slot: Slot): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'spotpool-values-'));
  try {
    const store = new MemoryStore();
    const messages = await submitted(source, store, directory);
    for (const message of messages) await computed(message, source, { store, model, slot, directory });
    return await resultsOf(store, messages.length);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function submitted(source: Source, store: MemoryStore, cwd: string): Promise<readonly BatchMessage[]> {
  const argument = 'file' in source ? source.file : 's3://bucket/';
  if ('file' in source) await writeFile(path.join(cwd, source.file), source.text);
  const keys =
    'file' in source
      ? []
      : [...source.objects].map(([key, text]) => ({ key, size: Buffer.byteLength(text), etag: '"e"' }));
  const sources = {
    head: async () => undefined,
    stream: onTrouble,
    list: async function* () {
      yield* keys;
    },
  };
  // The format is given, because a file with one line that is an array looks like one document and would be refused.
  const stated = argument.endsWith('.jsonl') ? 'jsonl' : 'file' in source ? undefined : 'files';
  const format = definedFields({ format: stated } as const);
  const dataset = await openDataset({ arguments: [argument], cwd, ...format }, sources, signal);
  const pass = new DatasetPass(dataset.read(signal), { batchItems: BATCH_ITEMS });
  const bytes: Uint8Array[] = [];
  for await (const piece of pass.part(0)) bytes.push(piece);
  await store.put(inputPartKey(JOB, 0), Buffer.concat(bytes), { signal });
  const plan = pass.plan(JOB);
  await store.put(planKey(JOB), plan.map(encodePlanLine).join(''), { signal });
  const manifest: Manifest = {
    version: 1,
    job: JOB,
    dataset: {
      name: argument,
      digest: pass.digest(),
      kind: dataset.kind,
      items: pass.items,
      bytes: pass.bytes,
      badItems: pass.badItems,
    },
    model: { name: 'model', digest: 'd'.repeat(64), start: { kind: 'command', argv: ['model'] } },
    options: { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 60, env: {} },
    batches: plan.length,
    createdAt: new Date(0).toISOString(),
    createdBy: 'test',
    versions: { spotpool: '0.1.0', node: process.versions.node },
  };
  await store.put(manifestKey(JOB), JSON.stringify(manifest), { signal });
  return plan.map((location) => ({ ...location, job: JOB, manifestDigest: 'd'.repeat(64) }));
}

interface Worker {
  readonly store: MemoryStore;
  readonly model: PreparedModel;
  readonly slot: Slot;
  readonly directory: string;
}

async function computed(message: BatchMessage, source: Source, worker: Worker): Promise<void> {
  const { store, model, slot } = worker;
  const batch = new HeldBatch(message, { id: `lease-${message.batch}`, receiptHandle: 'r', receivedAtMs: 0 }, 1);
  const isObjects = 'objects' in source;
  const from = { byte: message.startByte, index: message.firstIndex };
  const how = { clock: systemClock, onTrouble, signal };
  const bounds = { endByte: message.endByte, mostObjectBytes: Infinity, isDone: () => false };
  const read = await readInput(store, message, isObjects ? 'objects' : 'lines', { ...how, ...bounds, from });
  if (read === undefined) throw new Error(`The batch ${message.batch} has no line.`);
  const directory = path.join(worker.directory, `batch-${message.batch}`);
  const objects = await filled(isObjects ? source.objects : new Map());
  const input = isObjects ? await fetchObjects(read, { ...how, directory, storeOf: () => objects }) : read;
  batch.addResults(input.failed);
  const { job, batch: number } = message;
  const end = await slot.compute({
    job,
    batch: number,
    model,
    items: input.items,
    itemsEndWithBatch: isObjects,
    onComputed: (items) => batch.addResults(items),
    onEvent: () => undefined,
    signal,
  });
  if (end.kind !== 'computed') throw new Error(`The batch ${number} was not computed: ${JSON.stringify(end)}`);
  await new BatchRecord(store, 'i-0', memoryLimitsFor(1)).commit(batch, signal);
}

async function filled(objects: ReadonlyMap<string, string>): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [key, text] of objects) await store.put(key, text, { signal });
  return store;
}

async function resultsOf(store: MemoryStore, batches: number): Promise<readonly string[]> {
  const pieces: Uint8Array[] = [];
  const output = {
    write: async (bytes: Uint8Array) => void pieces.push(bytes),
    finish: async () => ({}),
    discard: async () => undefined,
  };
  await writeResults({ job: JOB, batches, store, sink: fileSink(jsonLinesForm(PLAIN_COLUMNS), output), signal });
  return Buffer.concat(pieces).toString().trimEnd().split('\n');
}
