/** Makes slots with real child processes for tests: the host is built from source, and models come from fixtures/. */
import { build } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { definedFields } from '../../../core/defined-fields.js';
import type { ModelStart } from '../../../core/contract/job.js';
import type { ResultLine } from '../../../core/contract/result-line.js';
import type {
  BatchComputation,
  Slot,
  BatchItem,
  BatchWork,
  PreparedModel,
  SlotEvent,
} from '../../../worker/slot/slot.js';
import { createSlot, type SlotOptions } from '../../../worker/slot/process-slot.js';
import { systemClock } from '../../../worker/system-clock.js';
import { eventually } from '../../support/eventually.js';

export const pythonFolder = fileURLToPath(new URL('../../../python', import.meta.url));
export const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));

export interface BuiltHost {
  readonly hostPath: string;
  readonly remove: () => Promise<void>;
}

export async function buildHost(): Promise<BuiltHost> {
  const directory = await mkdtemp(path.join(tmpdir(), 'spotpool-host-'));
  const hostPath = path.join(directory, 'host.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../../worker/host/main.ts', import.meta.url))],
    outfile: hostPath,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return { hostPath, remove: async () => rm(directory, { recursive: true }) };
}

/** The bounds let tests see faults soon, and do not make a sound model look faulty on a busy machine. */
export function slotOf(host: BuiltHost, options: Partial<SlotOptions> = {}): Slot {
  return createSlot({
    clock: systemClock,
    hostPath: host.hostPath,
    pythonFolder,
    memoryLimitBytes: () => 400 * 1024 * 1024,
    pollMs: 20,
    ...options,
  });
}

export function modelOf(
  start: string | readonly string[] | ModelStart,
  options: Partial<PreparedModel['options']> & { readonly directory?: string; readonly python?: string } = {},
): PreparedModel {
  const how = startOf(start);
  const { directory = fixtures, python, ...rest } = options;
  return {
    modelKey: JSON.stringify([how, rest.env, rest.nan]),
    spec: { name: JSON.stringify(start), digest: 'd'.repeat(64), start: how },
    directory,
    ...definedFields({ python }),
    options: { concurrency: 1, itemTimeoutSeconds: 30, env: {}, ...rest },
  };
}

function startOf(start: string | readonly string[] | ModelStart): ModelStart {
  if (typeof start === 'string') return { kind: 'module', entry: start };
  return 'kind' in start ? start : { kind: 'command', argv: start };
}

export const itemsOf = (values: readonly unknown[], first = 0): readonly BatchItem[] =>
  values.map((value, position) => ({
    index: first + position,
    input: { kind: 'item', json: JSON.stringify(value) },
  }));

export interface Computed {
  readonly end: BatchComputation;
  /** The results by index; empty where none was passed on. */
  readonly results: readonly (ResultLine | undefined)[];
  readonly failed: readonly number[];
  readonly repeated: number;
  readonly events: readonly SlotEvent[];
  readonly log: readonly string[];
}

export async function computeWith(
  slot: Pick<Slot, 'compute'>,
  model: PreparedModel,
  items: readonly BatchItem[],
  options: {
    readonly signal?: AbortSignal;
    readonly onLine?: (line: ResultLine) => void;
    readonly onEvent?: (event: SlotEvent) => void;
  } & Pick<BatchWork, 'further' | 'itemsEndWithBatch' | 'onStart' | 'onNearlyDone' | 'onInSlot'> = {},
): Promise<Computed> {
  const { signal = new AbortController().signal, onLine, onEvent, ...rest } = options;
  const results: ResultLine[] = [];
  const events: SlotEvent[] = [];
  let repeated = 0;
  const end = await slot.compute({
    job: 'job-1',
    batch: 0,
    model,
    items,
    onComputed: (computed) => {
      for (const { index, line, ok } of computed) {
        const parsed = JSON.parse(line) as ResultLine;
        if (results[index] !== undefined || parsed.index !== index || parsed.ok !== ok) repeated += 1;
        results[index] = parsed;
        onLine?.(parsed);
      }
    },
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    signal,
    ...rest,
  });
  const failed = results.filter((line) => line !== undefined && !line.ok).map(({ index }) => index);
  const log = events.flatMap((event) => (event.kind === 'log' ? [event.line] : []));
  return { end, results, failed, repeated, events, log };
}

/**
 * Returns the log once it has the line. What a model prints may arrive after its answers, and then comes with a later
 * batch.
 */
export async function logWith(
  line: string,
  { slot, model, computed }: { readonly slot: Slot; readonly model: PreparedModel; readonly computed: Computed },
): Promise<readonly string[]> {
  const log = [...computed.log];
  await eventually(async () => {
    if (log.includes(line)) return true;
    log.push(...(await computeWith(slot, model, [])).log);
    return false;
  });
  return log;
}

export const rebuildsIn = (computed: Computed): readonly string[] =>
  computed.events.flatMap((event) => (event.kind === 'rebuilt' ? [event.reason] : []));

/** Returns false for a process that has ended, even if nobody has waited for it yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}
