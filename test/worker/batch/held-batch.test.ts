import { describe, expect, it } from 'vitest';
import { HeldBatch } from '../../../worker/batch/held-batch.js';

const MESSAGE = {
  job: 'job',
  manifestDigest: '',
  batch: 0,
  key: '',
  startByte: 0,
  endByte: 1,
  firstIndex: 0,
  items: 1,
};
const held = (): HeldBatch => new HeldBatch(MESSAGE, { id: 'lease', receiptHandle: '', receivedAtMs: 0 }, 1);
const done = { index: 0, ok: true, line: '{"index":0,"ok":true,"output":1}\n' };

describe('a held batch', () => {
  it('goes through its phases forward only, and may enter one again', () => {
    const batch = held();
    batch.enter('waiting');
    batch.enter('computing');
    batch.enter('computing');
    expect(() => batch.enter('waiting')).toThrow('cannot go from computing to waiting');
    batch.enter('gone');
    expect(() => batch.enter('committing')).toThrow('cannot go from gone to committing');
    expect(batch.phase).toBe('gone');
  });

  it('is not stopped and takes no results once it is being committed', () => {
    const batch = held();
    batch.enter('committing');
    batch.stop('drain');
    batch.addResults([done]);
    expect([batch.stopCause, batch.itemsLeft]).toEqual([undefined, 1]);
  });

  it('refuses more results than it has items', () => {
    const batch = held();
    batch.addResults([done, done]);
    expect(batch.okItems).toBe(1);
    expect(() => batch.addResults([{ ...done, index: 1 }])).toThrow('at most one result per item');
  });
});
