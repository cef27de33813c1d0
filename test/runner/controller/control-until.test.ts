import { describe, expect, it } from 'vitest';
import { controlUntil } from '../../../runner/controller/control-until.js';
import { never, Stage } from './stage.js';

describe('the loop', () => {
  it('runs passes until the caller has seen enough', async () => {
    const stage = new Stage();
    await stage.addJob('a', 2);
    const seen: number[] = [];
    const last = await controlUntil(
      stage.ports,
      {
        ...stage.options,
        until: ({ parked }) => parked,
        onReport: async ({ jobs }) => {
          const batch = seen.push(jobs[0]?.batches.done ?? 0) - 1;
          if (batch < 2) await stage.commit('a', batch);
        },
      },
      never,
    );
    expect(last.parked).toBe(true);
    expect(seen).toEqual([0, 1, 2]);
  });

  it('retries after a failed pass, and reports it', async () => {
    const stage = new Stage();
    let failures = 2;
    stage.store.beforeRead = () => {
      if (failures-- > 0) throw new Error('network');
    };
    const troubles: unknown[] = [];
    await controlUntil(
      stage.ports,
      { ...stage.options, until: () => true, onTrouble: (error) => troubles.push(error) },
      never,
    );
    expect(troubles).toHaveLength(2);
  });

  it('gives up on an error that does not go away', async () => {
    const stage = new Stage();
    stage.store.beforeRead = () => {
      throw new Error('AccessDenied');
    };
    await expect(controlUntil(stage.ports, { ...stage.options, until: () => true }, never)).rejects.toThrow(
      'AccessDenied',
    );
  });

  it('ends at once with its signal', async () => {
    const stage = new Stage();
    const stop = new AbortController();
    const loop = controlUntil(
      stage.ports,
      { ...stage.options, until: () => false, onReport: () => stop.abort(new Error('stop')) },
      stop.signal,
    );
    await expect(loop).rejects.toThrow('stop');
  });
});
