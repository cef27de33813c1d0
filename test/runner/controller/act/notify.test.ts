import { beforeEach, describe, expect, it } from 'vitest';
import { notifyOfEnds, notifyOfTrouble, type NotifyContext } from '../../../../runner/controller/act/notify.js';
import type { Notice } from '../../../../runner/ports.js';
import { never, Stage } from '../stage.js';

describe('notices to people', () => {
  let stage: Stage;
  let sent: Notice[];
  let failure: Error | undefined;
  const means = (): NotifyContext => ({
    store: stage.store,
    stack: 'lab',
    nowMs: () => stage.nowMs,
    signal: never,
    notifier: {
      notify: async (notice) => {
        if (failure !== undefined) throw failure;
        sent.push(notice);
      },
    },
  });
  const ends = (told = new Set<string>()): Promise<void> => {
    const { memory } = stage.options;
    if (memory === undefined) throw new Error('The stage keeps a memory.');
    return notifyOfEnds(memory, told, means());
  };

  beforeEach(async () => {
    stage = new Stage();
    sent = [];
    failure = undefined;
    await stage.addJob('one', 1);
  });

  const finish = async (): Promise<void> => {
    await stage.commit('one', 0, 2);
    await stage.pass();
  };

  it('are sent once for a complete job, however many controllers look', async () => {
    await finish();
    await Promise.all([ends(), ends(), ends()]);
    await ends();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.subject).toBe('spotpool lab: job one is complete (8 items ok, 2 failed)');
    expect(sent[0]?.text).toContain('8 items ok, 2 failed');
    expect(sent[0]?.text).toContain('spotpool results one');
  });

  it('are not sent for a job that runs', async () => {
    await stage.pass();
    await ends();
    expect(sent).toEqual([]);
  });

  it('say that a job failed, and why', async () => {
    for (const instance of ['i-1', 'i-2', 'i-3']) {
      await stage.unable('one', { instance, phase: 'load', message: 'No module named torch', at: '' });
    }
    await stage.pass();
    await ends();
    expect(sent.map(({ subject }) => subject)).toEqual(['spotpool lab: job one failed']);
    expect(sent[0]?.text).toContain('No module named torch');
  });

  it('are sent later by another controller when the first could not send, or died before it recorded that', async () => {
    await finish();
    failure = new Error('throttled');
    await expect(ends()).rejects.toThrow('throttled');
    failure = undefined;
    await ends();
    expect(sent).toEqual([]); // the first may still be sending
    stage.nowMs += 300_000;
    await ends();
    expect(sent).toHaveLength(1);
    stage.nowMs += 300_000;
    await ends();
    expect(sent).toHaveLength(1);
  });

  it('need no further look once they are known to be sent', async () => {
    await finish();
    const told = new Set<string>();
    await ends(told);
    stage.store.beforeRead = (key) => {
      throw new Error(`Read ${key}.`);
    };
    await ends(told);
    expect(told).toEqual(new Set(['one 1']));
  });

  it('are sent once a day for a trouble that needs a person, and for no other event', async () => {
    const events = [
      { at: '', code: 'fleet-gone', message: 'The fleet is deleted: deploy the stack again.' },
      { at: '', code: 'target-raised', message: 'The target is raised.' },
    ] as const;
    await notifyOfTrouble(events, means());
    await notifyOfTrouble(events, means());
    expect(sent.map(({ subject }) => subject)).toEqual(['spotpool lab needs attention: fleet-gone']);
    stage.nowMs += 86_400_000;
    await notifyOfTrouble(events, means());
    expect(sent).toHaveLength(2);
  });

  it('of a trouble are retried when they could not be sent', async () => {
    const events = [{ at: '', code: 'fleet-gone', message: 'The fleet is deleted: deploy the stack again.' }] as const;
    failure = new Error('throttled');
    await expect(notifyOfTrouble(events, means())).rejects.toThrow('throttled');
    failure = undefined;
    const untold = await notifyOfTrouble(events, means());
    expect(untold).toEqual(events);
    stage.nowMs += 300_000;
    expect(await notifyOfTrouble(untold, means())).toEqual([]);
    expect(sent).toHaveLength(1);
  });
});
