import { describe, expect, it } from 'vitest';
import { outcomeKey, progressKey } from '../../../core/keys.js';
import { NO_PROGRESS } from '../../../core/progress.js';
import { foldProgress } from '../../../runner/controller/fold-progress.js';
import { newJobMemory } from '../../../runner/controller/ports.js';
import { never, Stage } from './stage.js';

const BATCHES = 3_000;

async function filled(): Promise<Stage> {
  const stage = new Stage();
  for (let batch = 0; batch < BATCHES; batch++) if (batch !== 5) await stage.commit('a', batch);
  return stage;
}

describe('folding outcomes', () => {
  it('lists around what is known already, and heads only what is new', async () => {
    const stage = await filled();
    const memory = newJobMemory();
    const options = { save: true, signal: never };
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

  it('takes no more in one call than it is told to', async () => {
    const stage = await filled();
    const memory = newJobMemory();
    const options = { save: true, maxOutcomes: 1_000, signal: never };
    const done = [];
    for (let call = 0; call < 4; call++) {
      done.push((await foldProgress(stage.store, 'a', BATCHES, memory, options)).batches.done);
    }
    expect(done).toEqual([1_000, 2_000, BATCHES - 1, BATCHES - 1]);
  });

  it('writes nothing for those who only look', async () => {
    const stage = await filled();
    const progress = await foldProgress(stage.store, 'a', BATCHES, newJobMemory(), { save: false, signal: never });
    expect(progress.batches.done).toBe(BATCHES - 1);
    expect(stage.store.text(progressKey('a'))).toBeUndefined();
  });

  it('starts again from the file of whoever was first', async () => {
    const stage = new Stage();
    await stage.commit('a', 0);
    await stage.commit('a', 1);
    const mine = newJobMemory();
    mine.progress = { progress: NO_PROGRESS, etag: '"old"' };
    await foldProgress(stage.store, 'a', 3, newJobMemory(), { save: true, signal: never });
    const progress = await foldProgress(stage.store, 'a', 3, mine, { save: true, signal: never });
    expect(progress.batches.done).toBe(2);
    expect(stage.json(progressKey('a'))).toMatchObject({ folded: '0-1', items: { ok: 20, failed: 0 } });
  });
});
