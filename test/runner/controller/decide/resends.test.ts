import { beforeEach, describe, expect, it } from 'vitest';
import { type BatchMessage, decodeBatchMessage } from '../../../../core/contract/batch-message.js';
import type { HeldStatus, WorkerPhase } from '../../../../core/contract/fleet-state.js';
import { QUIET_MS } from '../../../../core/pool/quiet.js';
import { Stage } from '../stage.js';

/** Runs passes until a queue that is empty all the time counts as quiet, and once more. */
async function passUntilQuiet(stage: Stage): Promise<void> {
  for (let looks = 0; looks < 4; looks++) {
    await stage.pass();
    stage.nowMs += QUIET_MS / 2;
  }
}

describe('lost batches (R5)', () => {
  it('are sent again for a running job, and for no job whose submission is not complete', async () => {
    const stage = new Stage();
    await stage.addJob('whole', 2);
    await stage.addJob('partly', 3, {}, 1);
    await passUntilQuiet(stage);
    expect(new Set(stage.sent.map((body) => (JSON.parse(body) as { job: string }).job))).toEqual(new Set(['whole']));
  });
});

describe('a job whose messages were lost while another job keeps the queue busy (R5)', () => {
  let stage: Stage;
  let committed: number;

  beforeEach(async () => {
    stage = new Stage();
    stage.counts = { visible: 40, inFlight: 1, delayed: 0 };
    committed = 0;
    await stage.addJob('lost', 2);
    await stage.addJob('busy', 400);
    await stage.pass();
    await stage.arrive({ phase: 'busy' });
  });

  const sentOf = (job: string): readonly (BatchMessage | undefined)[] =>
    stage.sent.map(decodeBatchMessage).filter((message) => message?.job === job);

  /** The other job commits a batch with each pass, and each worker puts its status again. */
  async function passFor(ms: number, held: readonly HeldStatus[] = [], phase: WorkerPhase = 'busy'): Promise<string[]> {
    const events: string[] = [];
    for (const endMs = stage.nowMs + ms; stage.nowMs < endMs; stage.nowMs += 10_000) {
      stage.store.nowMs = stage.nowMs;
      for (const { instance } of stage.instances) await stage.say(instance, { phase, held });
      await stage.commit('busy', committed++);
      events.push(...(await stage.pass()).events.map(({ code, message }) => `${code}: ${message}`));
    }
    return events.filter((event) => event.startsWith('batches-sent-again'));
  }

  it('gets exactly the batches without an outcome again, marked so, after five minutes', async () => {
    await stage.commit('lost', 1);
    await passFor(290_000);
    expect(stage.sent).toEqual([]);
    const events = await passFor(30_000);
    expect(sentOf('lost')).toMatchObject([{ batch: 0, again: true }]);
    expect(sentOf('busy')).toEqual([]);
    expect(events).toEqual([
      'batches-sent-again: Job lost: no outcome has come for 5 minutes, and no live worker says that it holds a batch that is missing, ' +
        'but 1 batch has no outcome; it was sent again.',
    ]);
  });

  it('gets them again after pauses that double, until an outcome comes', async () => {
    await passFor(320_000);
    expect(sentOf('lost')).toHaveLength(2);
    await passFor(580_000);
    expect(sentOf('lost')).toHaveLength(2);
    await passFor(30_000);
    expect(sentOf('lost')).toHaveLength(4);
    await stage.commit('lost', 0);
    await passFor(320_000);
    expect(sentOf('lost').map((message) => message?.batch)).toEqual([0, 1, 0, 1, 1]);
  });

  it('is left alone while a live worker says that it holds one of them, and for three times its longest batch', async () => {
    await passFor(900_000, [{ job: 'lost', batches: '0-1' }]);
    expect(sentOf('lost')).toEqual([]);
    await passFor(590_000, [{ job: 'lost', batches: '', longestMs: 200_000 }]);
    expect(sentOf('lost')).toEqual([]);
    await passFor(30_000);
    expect(sentOf('lost')).toHaveLength(2);
  });

  it('is left alone while no worker is up that could take its batches', async () => {
    await passFor(900_000, [], 'starting');
    expect(sentOf('lost')).toEqual([]);
  });

  it('gets them again although a worker that is not heard of any more held them', async () => {
    for (const { instance } of stage.instances) await stage.say(instance, { held: [{ job: 'lost', batches: '0-1' }] });
    await stage.pass();
    const [silent, ...others] = stage.instances;
    for (let minutes = 0; minutes < 13; minutes++) {
      stage.nowMs += 60_000;
      stage.store.nowMs = stage.nowMs;
      for (const { instance } of others) await stage.say(instance, { phase: 'busy', at: String(minutes) });
      await stage.commit('busy', committed++);
      await stage.pass();
    }
    expect(silent).toBeDefined();
    expect(sentOf('lost')).toHaveLength(2);
  });
});
