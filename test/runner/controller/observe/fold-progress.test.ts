import { describe, expect, it } from 'vitest';
import { outcomeKey, progressKey } from '../../../../core/contract/keys.js';
import { NO_PROGRESS } from '../../../../core/pool/progress.js';
import { foldProgress, saveOrThrow } from '../../../../runner/controller/observe/fold-progress.js';
import { newJobMemory } from '../../../../runner/controller/memory.js';
import { never, Stage } from '../stage.js';

const BATCHES = 3_000;

async function filled(): Promise<Stage> {
  const stage = new Stage();
  for (let batch = 0; batch < BATCHES; batch++) if (batch !== 5) await stage.commit('a', batch);
  return stage;
}

describe('folding outcomes', () => {
  it('skips known outcomes in listings, and reads only new ones', async () => {
    const stage = await filled();
    const memory = newJobMemory();
    const options = { save: saveOrThrow, signal: never };
    expect((await foldProgress(stage.store, 'a', BATCHES, memory, options)).batches.done).toBe(BATCHES - 1);

    const listed: string[] = [];
    const headed: string[] = [];
    const list = stage.store.list.bind(stage.store);
    const head = stage.store.head.bind(stage.store);
    stage.store.list = async function* (prefix, listing) {
      for await (const object of list(prefix, listing)) {
        listed.push(object.key);
        yield object;
      }
    };
    stage.store.head = (key, heading) => {
      headed.push(key);
      return head(key, heading);
    };
    await stage.commit('a', 5);
    const progress = await foldProgress(stage.store, 'a', BATCHES, memory, options);
    expect(progress.batches.done).toBe(BATCHES);
    expect(headed).toEqual([outcomeKey('a', 5)]);
    expect(listed.length).toBeLessThan(10);

    listed.length = 0;
    await foldProgress(stage.store, 'a', BATCHES, memory, options);
    expect(listed).toEqual([]);
  });

  it('takes no more outcomes in one call than allowed', async () => {
    const stage = await filled();
    const memory = newJobMemory();
    const options = { save: saveOrThrow, maxOutcomes: 1_000, signal: never };
    const done = [];
    for (let call = 0; call < 4; call++) {
      done.push((await foldProgress(stage.store, 'a', BATCHES, memory, options)).batches.done);
    }
    expect(done).toEqual([1_000, 2_000, BATCHES - 1, BATCHES - 1]);
  });

  it('writes nothing for commands that only read', async () => {
    const stage = await filled();
    const progress = await foldProgress(stage.store, 'a', BATCHES, newJobMemory(), { save: false, signal: never });
    expect(progress.batches.done).toBe(BATCHES - 1);
    expect(stage.store.text(progressKey('a'))).toBeUndefined();
  });

  it('counts an outcome as given up when its counts are impossible for a batch', async () => {
    const stage = new Stage();
    const told: string[] = [];
    const store = Object.assign(stage.store, { damaged: ({ key }: { readonly key: string }) => void told.push(key) });
    for (const [batch, ok] of ['10', '999999999999999', '2', '10'].entries()) {
      const metadata = { lease: 'l', instance: 'i-0', ok, failed: '0', 'given-up': '0' };
      await store.put(outcomeKey('a', batch), 'lines', { signal: never, metadata });
    }
    const options = { save: saveOrThrow, batchItems: { least: 3, most: 10 }, signal: never };
    const progress = await foldProgress(store, 'a', 4, newJobMemory(), options);
    expect(progress).toMatchObject({ batches: { done: 4, failed: 2 }, items: { ok: 20, failed: 0 } });
    expect(told).toEqual([outcomeKey('a', 1), outcomeKey('a', 2)]);
  });

  it('ignores keys that are not outcomes', async () => {
    const stage = new Stage();
    for (const name of ['0', '000000', 'x/results/00000', '00000.jsonl/results/00001']) {
      await stage.store.put(`jobs/a/results/${name}.jsonl`, 'lines', { signal: never });
    }
    await stage.commit('a', 2);
    const headed: string[] = [];
    const head = stage.store.head.bind(stage.store);
    stage.store.head = (key, heading) => {
      headed.push(key);
      return head(key, heading);
    };
    // They use up none of the outcomes that one call may look at.
    const options = { save: saveOrThrow, maxOutcomes: 1, signal: never };
    expect((await foldProgress(stage.store, 'a', 3, newJobMemory(), options)).batches.done).toBe(1);
    expect(headed).toEqual([outcomeKey('a', 2)]);
  });

  it('starts again from the file of the controller that wrote first', async () => {
    const stage = new Stage();
    await stage.commit('a', 0);
    await stage.commit('a', 1);
    const mine = newJobMemory();
    mine.progress = { progress: NO_PROGRESS, etag: '"old"' };
    await foldProgress(stage.store, 'a', 3, newJobMemory(), { save: saveOrThrow, signal: never });
    const progress = await foldProgress(stage.store, 'a', 3, mine, { save: saveOrThrow, signal: never });
    expect(progress.batches.done).toBe(2);
    expect(stage.json(progressKey('a'))).toMatchObject({ folded: '0-1', items: { ok: 20, failed: 0 } });
  });
});
