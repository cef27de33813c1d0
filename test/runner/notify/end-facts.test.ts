import { beforeEach, describe, expect, it } from 'vitest';
import { withLogEnd } from '../../../core/contract/log-end.js';
import * as keys from '../../../core/contract/keys.js';
import { encodeOutcomeMetadata, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import { readEndFacts } from '../../../runner/notify/end-facts.js';
import { notificationFaults } from '../../support/notification-schema.js';
import { never, Stage } from '../controller/stage.js';

describe('what is told of an end', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = new Stage();
    await stage.addJob('one', 2);
  });

  const facts = (nextOf: () => string | undefined = () => undefined) =>
    readEndFacts(
      { store: stage.store, prices: { spotDollarsPerHour: async () => 0.03 } },
      { job: 'one', stack: 'lab', nextOf },
      { nowMs: stage.nowMs, signal: never },
    );

  it('is nothing while the job goes on', async () => {
    await stage.pass();
    expect(await facts()).toBeUndefined();
  });

  it('has the counts, the end and a text for people', async () => {
    await stage.commit('one', 0);
    await stage.commit('one', 1, 0, true);
    await stage.pass();
    const told = await facts(() => 'To fetch the results: spotpool results one');
    expect(notificationFaults({ ...told, sentAt: '2026-01-01T00:00:00.000Z' })).toEqual([]);
    expect(told).toMatchObject({
      state: 'complete',
      success: false,
      end: 1,
      items: { total: 20, ok: 20, failed: 0 },
      batches: { total: 2, done: 2, givenUp: 1 },
      dataset: 'drugs.csv',
      createdBy: 'someone',
    });
    const lines = told?.text.split('\n') ?? [];
    expect(lines[0]).toBe('✗ Job one is complete, but 1 batch was given up: 20 of 20 items ok, 0 failed.');
    expect(lines.at(-1)).toBe('To fetch the results: spotpool results one');
  });

  it('counts the errors of outcomes that no worker has summed up yet', async () => {
    const lines = ['Odd', 'Odd', 'Even', 'Rare', 'Prime'].map((code, index) =>
      encodeResultLine(failedLine(index, { code, message: 'no' })),
    );
    await stage.store.put(keys.outcomeKey('one', 0), lines.join(''), {
      signal: never,
      metadata: encodeOutcomeMetadata({ lease: 'l', instance: 'i-0', ok: 5, failed: 5, givenUp: false }),
    });
    await stage.commit('one', 1);
    await stage.pass();
    expect((await facts())?.errors).toEqual([
      { code: 'Odd', count: 2 },
      { code: 'Even', count: 1 },
      { code: 'Rare', count: 1 },
    ]);
  });

  it('leaves out what the model printed', async () => {
    for (const instance of ['i-1', 'i-2', 'i-3']) {
      const message = withLogEnd('The model ended with code 1.', ['the patient is called Miller']);
      await stage.unable('one', { instance, phase: 'load', message, at: '' });
    }
    await stage.pass();
    const told = await facts();
    expect(told).toMatchObject({ state: 'failed', success: false });
    expect(told?.reason).toContain('The model ended with code 1.');
    expect(JSON.stringify(told)).not.toContain('Miller');
  });

  it('has an id that is the same at every look, and another one for another job', async () => {
    await stage.commit('one', 0);
    await stage.commit('one', 1);
    await stage.pass();
    const first = await facts();
    stage.nowMs += 60_000;
    expect((await facts())?.id).toBe(first?.id);
    expect(first?.id).toMatch(/^one-1-[0-9a-f]{12}$/);
    await stage.addJob('one', 2, { maxAttempts: 4 });
    expect((await facts())?.id).not.toBe(first?.id);
  });
});
