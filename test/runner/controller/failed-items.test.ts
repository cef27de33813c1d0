import { beforeEach, describe, expect, it } from 'vitest';
import { endsKey, outcomeKey } from '../../../core/contract/keys.js';
import { encodeOutcomeMetadata, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import { never, Stage } from './stage.js';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

/** Each batch has ten items, of which the last ones fail. */
async function commit(batch: number, errors: readonly { readonly code: string; readonly message: string }[]) {
  const ok = 10 - errors.length;
  const lines = Array.from({ length: ok }, (_, n) =>
    encodeResultLine({ index: batch * 10 + n, ok: true, output: 'x'.repeat(200) }),
  );
  const failed = errors.map((error, n) => encodeResultLine(failedLine(batch * 10 + ok + n, error)));
  await stage.store.put(outcomeKey('j', batch), [...lines, ...failed].join(''), {
    signal: never,
    ifNoneMatch: true,
    metadata: encodeOutcomeMetadata({ lease: 'l', instance: 'i-0', ok, failed: errors.length, givenUp: false }),
  });
}

const error = (code: string, message = `${code} it is`) => ({ code, message });
const reasonOf = () => stage.ended('j')?.reason;

describe('a job without an ok item', () => {
  it('is ended after the first batches with its commonest error, and parks the fleet (R10)', async () => {
    await stage.addJob('j', 500);
    await stage.pass();
    await stage.arrive();
    for (let batch = 0; batch < 19; batch++) {
      await commit(batch * 7, [
        ...Array.from({ length: 9 }, () => error('KeyError', "KeyError: 'smiles'")),
        error('Odd'),
      ]);
    }
    expect((await stage.pass()).jobs).toMatchObject([{ state: 'running' }]);
    await commit(
      499,
      Array.from({ length: 10 }, () => error('Odd')),
    );
    const { events } = await stage.pass();
    expect(events.find(({ code }) => code === 'job-failed')?.message).toContain(
      "The commonest error is KeyError: KeyError: 'smiles'",
    );
    expect(stage.ended('j')).toMatchObject({ state: 'failed' });
    await stage.pass();
    expect(stage.target).toBe(0);
  });

  it('is reported with its commonest error by a second controller, too', async () => {
    await stage.addJob('j', 1);
    await stage.pass();
    const failed = Array.from({ length: 10 }, () => error('KeyError'));
    await commit(0, failed);
    let first = true;
    stage.store.beforeWrite = async (key) => {
      if (key !== endsKey('j') || !first) return;
      first = false;
      await stage.pass({ memory: newControllerMemory() });
    };
    const { jobs, events } = await stage.pass();
    expect(jobs).toMatchObject([{ state: 'complete', reason: reasonOf() }]);
    expect(reasonOf()).toContain('The commonest error is KeyError');
    expect(events.map(({ code }) => code)).not.toContain('job-ended-badly');
  });

  it('comes to its end when all items may fail', async () => {
    await stage.addJob('j', 30, { maxFailed: '100%' });
    for (let batch = 0; batch < 29; batch++)
      await commit(
        batch,
        Array.from({ length: 10 }, () => error('E')),
      );
    expect((await stage.pass()).jobs).toMatchObject([{ state: 'running' }]);
    await commit(
      29,
      Array.from({ length: 10 }, () => error('E')),
    );
    expect((await stage.pass()).jobs).toMatchObject([{ state: 'complete', maxFailed: '100%' }]);
    expect(reasonOf()).not.toContain('commonest');
  });
});

describe('a job with --max-failed', () => {
  it('is ended once more items have failed, by any controller, which reads a few outcomes for the reason', async () => {
    await stage.addJob('j', 500, { maxFailed: 3 });
    for (let batch = 0; batch < 100; batch++) await commit(batch, batch % 30 === 5 ? [error('Rare')] : []);
    let reads = 0;
    const stream = stage.store.stream.bind(stage.store);
    stage.store.stream = (key, options) => {
      if (key.includes('/results/')) reads += 1;
      return stream(key, options);
    };
    await stage.pass({ memory: newControllerMemory() });
    expect(reasonOf()).toBe(
      '4 of its 5000 items have failed, and --max-failed is 3. The job was ended with 400 of 500 batches left. The commonest error is Rare: Rare it is',
    );
    expect(reads).toBe(4);
  });

  it('is ended all the same when its outcomes cannot be read', async () => {
    await stage.addJob('j', 500, { maxFailed: 0 });
    await commit(3, [error('Rare')]);
    stage.store.stream = () => {
      throw new Error('403');
    };
    await stage.pass();
    expect(reasonOf()).toBe(
      '1 of its 5000 items have failed, and --max-failed is 0. The job was ended with 499 of 500 batches left.',
    );
  });
});
