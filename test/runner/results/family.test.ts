import { beforeEach, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../core/contract/job.js';
import { decodeManifest } from '../../../core/contract/job.js';
import {
  inputPartKey,
  manifestKey,
  originsKey,
  outcomeKey,
  planKey,
  rerunKey,
  sourcesKey,
} from '../../../core/contract/keys.js';
import type { Damage } from '../../../core/contract/object-store.js';
import { encodeOutcomeMetadata, encodeOutputLine } from '../../../core/contract/result-line.js';
import { encodeRerunMark } from '../../../core/contract/rerun-mark.js';
import { encodeSourceLine } from '../../../core/contract/source-line.js';
import { encodePlanLine } from '../../../core/dataset/plan.js';
import { readFamilyRows } from '../../../runner/results/family/family-rows.js';
import { joinsOf } from '../../../runner/results/joined/joins-of.js';
import { readFamily, readLineage } from '../../../runner/results/family/read-family.js';
import { FakeStack } from '../../support/fake-stack.js';

const { signal } = new AbortController();
let stack: FakeStack;
let damages: Damage[];
const store = () => Object.assign(stack.store, { damaged: (damage: Damage) => void damages.push(damage) });
const put = (key: string, body: string): Promise<unknown> => stack.store.put(key, body, { signal });

/** A job of one batch with as many items as there are outputs. */
async function plant(job: string, outputs: readonly string[], more: Partial<Manifest> = {}): Promise<Manifest> {
  stack.nowMs += 1_000;
  const dataset = { name: 'd', digest: 'd', kind: 'lines', items: outputs.length, bytes: 9, badItems: 0 } as const;
  await stack.plantJob(job, 1, { dataset, ...more });
  const items = outputs.length;
  await put(
    planKey(job),
    encodePlanLine({ batch: 0, key: inputPartKey(job, 0), startByte: 0, endByte: 1, firstIndex: 0, items }),
  );
  const lines = outputs.map((output, index) => encodeOutputLine(index, output));
  const metadata = encodeOutcomeMetadata({ lease: 'l', instance: 'i', ok: items, failed: 0, givenUp: false });
  await stack.store.put(outcomeKey(job, 0), lines.join(''), { signal, metadata });
  const manifest = decodeManifest(stack.store.text(manifestKey(job)) ?? '', job);
  if (manifest === undefined) throw new Error('The planted manifest is damaged.');
  return manifest;
}

const mark = (parent: string, rerun: string): Promise<unknown> =>
  put(
    rerunKey(parent, rerun),
    encodeRerunMark({ version: 1, rerun, selection: { failed: true }, at: 'now', by: 'me' }),
  );

async function rerun(parent: string, job: string, origins: string, outputs: readonly string[]): Promise<Manifest> {
  const manifest = await plant(job, outputs, { parent });
  await mark(parent, job);
  await put(originsKey(job), origins);
  return manifest;
}

async function outputsOf(manifest: Manifest): Promise<readonly string[]> {
  const family = await readFamily(manifest, { store: store(), signal });
  const reading = { job: manifest.job, batches: 1, store: store(), signal };
  const found: string[] = [];
  const rows = readFamilyRows({ ...reading, ...(family === undefined ? {} : { family }) }, {});
  for await (const some of rows) for (const row of some) found.push(row.ok ? row.outputJson : 'failed');
  return found;
}

beforeEach(() => {
  stack = new FakeStack();
  damages = [];
});

describe('the results of a family', () => {
  it('are those of the newest rerun, whichever job it is a rerun of', async () => {
    const first = await plant('first', ['1', '2', '3', '4']);
    await rerun('first', 'b', '1\n2\n3\n', ['20', '30', '40']);
    await rerun('b', 'c', '0\n2\n', ['200', '400']);
    await rerun('first', 'a', '1\n', ['2000']);
    expect(await outputsOf(first)).toEqual(['1', '2000', '30', '400']);
    expect(damages).toEqual([]);
  });

  it('do without a rerun whose submission broke off', async () => {
    const first = await plant('first', ['1', '2']);
    await mark('first', 'b');
    expect(await outputsOf(first)).toEqual(['1', '2']);
    expect(damages).toEqual([]);
  });

  it('do without what only claims to be a rerun, and say so', async () => {
    const first = await plant('first', ['1', '2']);
    await plant('other', ['10', '20']);
    await mark('first', 'other');
    await mark('first', 'first');
    expect(await outputsOf(first)).toEqual(['1', '2']);
    expect(damages.map(({ key }) => key)).toEqual([rerunKey('first', 'first'), rerunKey('first', 'other')]);
  });

  it.each([
    ['missing', undefined, ['1', '2', '3']],
    ['too short', '0\n', ['10', '2', '3']],
    ['in another order', '1\n0\n', ['1', '10', '3']],
    ['of another form', '0\nx\n', ['10', '2', '3']],
  ])('have those of a rerun up to where its origins are %s, and say so', async (_, origins, outputs) => {
    const first = await plant('first', ['1', '2', '3']);
    await rerun('first', 'b', origins ?? '', ['10', '20']);
    if (origins === undefined) stack.store.objects.delete(originsKey('b'));
    expect(await outputsOf(first)).toEqual(outputs);
    expect(damages.map(({ key }) => key)).toEqual([originsKey('b')]);
  });

  it('name for a rerun of a rerun the files of the first job, in which its items are', async () => {
    await plant('first', ['1', '2', '3', '4']);
    await put(sourcesKey('first'), encodeSourceLine({ file: 'd.jsonl', first: 0, items: 4 }));
    await rerun('first', 'b', '1\n3\n', ['20', '40']);
    const c = await rerun('b', 'c', '1\n', ['400']);
    const lineage = (await readLineage(c, { store: store(), signal })).map(({ job }) => job);
    const dataset = { kind: 'lines' } as const;
    const { stage } = joinsOf({ job: 'c', dataset, lineage }, { withSource: true }, { store: store(), signal });
    const found: unknown[] = [];
    const rows = readFamilyRows({ job: 'c', batches: 1, store: store(), signal }, {});
    for await (const some of stage?.(rows) ?? []) found.push(...some);
    expect(found).toMatchObject([{ index: 0, source: { file: 'd.jsonl', row: 4 } }]);
  });

  it('are not looked for in a circle of parents, which only damage can make', async () => {
    await plant('first', ['1'], { parent: 'b' });
    const b = await plant('b', ['1'], { parent: 'first' });
    await expect(readLineage(b, { store: store(), signal })).rejects.toThrow('The parents of job b form a circle');
    const orphan = await plant('orphan', ['1'], { parent: 'gone' });
    await expect(readLineage(orphan, { store: store(), signal })).rejects.toThrow('jobs/gone/job.json is missing');
  });
});
