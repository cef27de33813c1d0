/** A queue that was made anew gets the batches that are left of unfinished jobs, and nothing else. */
import { describe, expect, it } from 'vitest';
import { decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { endsKey, manifestKey, submitClaimKey } from '../../../core/contract/keys.js';
import { decodeSubmitClaim, encodeSubmitClaim } from '../../../core/contract/submit-claim.js';
import { inSendingOrder } from '../../../core/dataset/sending-order.js';
import { renewMessages } from '../../../runner/submit/renew-messages.js';
import { never, Stage } from '../controller/stage.js';

const renew = (stage: Stage, troubles: string[] = []) =>
  renewMessages(stage.ports, { signal: never, onTrouble: (job) => void troubles.push(job) });

const sentBatches = (stage: Stage, job: string): readonly number[] =>
  stage.sent
    .map(decodeBatchMessage)
    .flatMap((message) => (message?.job === job && message.again === true ? [message.batch] : []));

describe('a new queue', () => {
  it('gets each batch without an outcome once, marked as sent again', async () => {
    const stage = new Stage();
    await stage.addJob('a', 5);
    for (const batch of [0, 3]) await stage.commit('a', batch);
    expect(await renew(stage)).toEqual([{ job: 'a', sent: 3 }]);
    expect(sentBatches(stage, 'a')).toEqual([1, 2, 4]);
    expect(stage.sent).toHaveLength(3);
  });

  it('gets of a submit that broke off only what that submit had sent: the rest is sent when it goes on', async () => {
    const stage = new Stage();
    await stage.addJob('a', 50, {}, 30);
    const sent = inSendingOrder(Array.from({ length: 50 }, (_, batch) => batch)).slice(0, 30);
    await stage.commit('a', sent[0] ?? 0);
    await renew(stage);
    expect([...sentBatches(stage, 'a')].sort((a, b) => a - b)).toEqual(sent.slice(1).sort((a, b) => a - b));
  });

  it('gets nothing of jobs that have ended', async () => {
    const stage = new Stage();
    await stage.addJob('complete', 1);
    await stage.commit('complete', 0);
    await stage.addJob('failed', 2);
    const end = {
      kind: 'end',
      number: 1,
      state: 'failed',
      reason: 'no luck',
      at: '2026-01-01T00:00:00.000Z',
      by: 'tester',
    };
    await stage.write(endsKey('failed'), JSON.stringify({ version: 1, entries: [end] }));
    expect(await renew(stage)).toEqual([]);
    expect(stage.sent).toEqual([]);
  });

  it('frees the claim of a submit that was killed, so that the next one need not wait until it is silent', async () => {
    const stage = new Stage();
    const claim = { id: 'killed', by: 'ada', beat: 7, stopped: false };
    await stage.write(submitClaimKey('a'), encodeSubmitClaim(claim));
    await renew(stage);
    expect(decodeSubmitClaim(stage.store.text(submitClaimKey('a')) ?? '')).toEqual({ ...claim, stopped: true });
  });

  it('gets the batches of other jobs although one cannot be read', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    await stage.addJob('b', 1);
    const get = stage.store.get.bind(stage.store);
    stage.store.get = async (key, options) => {
      if (key === manifestKey('a')) throw new Error('unreadable');
      return get(key, options);
    };
    const troubles: string[] = [];
    expect(await renew(stage, troubles)).toEqual([{ job: 'b', sent: 1 }]);
    expect(troubles).toEqual(['a']);
  });
});
