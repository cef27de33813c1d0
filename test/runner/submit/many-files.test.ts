/** Tests that a submission of many files, killed at any write, goes on with the same command and uploads nothing twice. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job.js';
import { inputPartKey, planKey, sentKey, sourcesKey, submitClaimKey } from '../../../core/contract/keys.js';
import { decodeSourceLine } from '../../../core/contract/source-line.js';
import { LOOK_EVERY_MS } from '../../../runner/submit/claim.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import type { SubmitRequest } from '../../../runner/submit/submit-request.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

const FILES = 30;
const ROWS = 20;

async function folderOfFiles(): Promise<string> {
  const cwd = await tempDirectory({ 'model.mjs': 'export const predict = (items) => items;' });
  await mkdir(path.join(cwd, 'data'));
  for (let n = 0; n < FILES; n++) {
    const rows = Array.from({ length: ROWS }, (_, row) => `${JSON.stringify({ n, row })}\n`).join('');
    const name = path.join(cwd, 'data', `part-${String(n).padStart(2, '0')}.jsonl`);
    if (n % 2 === 0) await writeFile(name, rows);
    else await writeFile(`${name}.gz`, gzipSync(rows));
  }
  return cwd;
}

class Killed extends Error {}

/** A store that fails from one write on, as for a process that is dead. */
function killableStore(killAt: number) {
  const store = new MemoryStore();
  let writes = 0;
  store.beforeWrite = () => {
    writes += 1;
    if (writes > killAt) throw new Killed(`killed at write ${killAt}`);
  };
  return { store, revive: () => (store.beforeWrite = () => undefined) };
}

function submit(cwd: string, store: MemoryStore, batches: Set<string>): Promise<unknown> {
  const { signal } = new AbortController();
  const request: SubmitRequest = {
    dataset: { arguments: ['data'], cwd, sample: { items: 400 } },
    model: { argument: 'model.mjs', cwd, searchPath: '' },
    sizes: { batchItems: 25 },
    options: DEFAULT_JOB_OPTIONS,
    id: 'job-1',
    createdBy: 'ada',
    versions: { spotpool: '1.2.3', node: '20.19.0' },
  };
  const queue = {
    send: async (bodies: readonly string[]) => void bodies.map((body) => batches.add(body)),
    counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }),
  };
  const never = (): never => {
    throw new Error('No object is read here.');
  };
  const clock = {
    nowMs: () => store.nowMs,
    // The one who waits for a dead submit waits by the store's clock.
    sleep: async (ms: number, limit: AbortSignal) => {
      if (ms !== LOOK_EVERY_MS) return delay(ms, undefined, { signal: limit });
      await new Promise(setImmediate);
      limit.throwIfAborted();
      store.nowMs += ms;
    },
  };
  const sources = { stream: never, list: never, head: never };
  const ports = { store, queue, sources, clock, random: () => 0.5 };
  return submitJob(request, ports, { onEvent: () => undefined, signal });
}

it('a submission of many files that is killed at any write goes on, and uploads nothing twice', async () => {
  const cwd = await folderOfFiles();
  const whole = new MemoryStore();
  const sent = new Set<string>();
  await submit(cwd, whole, sent);
  const lines = (whole.text(sourcesKey('job-1')) ?? '').trimEnd().split('\n').map(decodeSourceLine);
  expect(lines.reduce((sum, line) => sum + (line?.items ?? 0), 0)).toBe(400);
  expect(lines[1]?.file).toBe('data/part-01.jsonl.gz');
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.nat(12), async (first, second) => {
      const { store, revive } = killableStore(first);
      const again = new Set<string>();
      await submit(cwd, store, again).catch(() => undefined);
      // The second process dies, too.
      revive();
      let left = second;
      store.beforeWrite = () => {
        left -= 1;
        if (left < 0) throw new Killed('killed again');
      };
      await submit(cwd, store, again).catch(() => undefined);
      revive();
      await submit(cwd, store, again).catch((error: unknown) => {
        // It was whole already.
        expect(String(error)).toMatch(/exists|ended/);
      });
      for (const key of [inputPartKey('job-1', 0), sourcesKey('job-1'), planKey('job-1')]) {
        expect(store.text(key)).toBe(whole.text(key));
        expect(store.writes.filter((written) => written === key)).toHaveLength(1);
      }
      const once = store.writes.filter((key) => key !== submitClaimKey('job-1') && key !== sentKey('job-1'));
      expect(new Set(once).size).toBe(once.length);
      expect(again.size).toBe(sent.size);
    }),
    { numRuns: 6 },
  );
});
