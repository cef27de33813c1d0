import { describe, expect, it } from 'vitest';
import {
  type BatchMessage,
  decodeBatchMessage,
  encodeBatchMessage,
  messageNeeds,
} from '../../../core/contract/batch-message.js';

const message: BatchMessage = {
  job: 'job',
  manifestDigest: 'd'.repeat(64),
  batch: 7,
  key: 'jobs/job/input/part-00000.jsonl',
  startByte: 10,
  endByte: 20,
  firstIndex: 70,
  items: 10,
};

describe('the message of a batch', () => {
  it('is read as it was written, with and without the worker that it asks for', () => {
    expect(decodeBatchMessage(encodeBatchMessage(message))).toEqual(message);
    const asking = { ...message, worker: '1.2.3' };
    expect(decodeBatchMessage(encodeBatchMessage(asking))).toEqual(asking);
    expect(messageNeeds(encodeBatchMessage(asking))).toEqual({ worker: '1.2.3', job: 'job', batch: 7 });
    expect(messageNeeds(encodeBatchMessage(message))).toBeUndefined();
  });

  it('of a later form names the worker that it needs, so that it can be handed back', () => {
    const later = JSON.stringify({ v: 2, worker: '3.0.0', job: 'job', batch: 7, else: true });
    expect(decodeBatchMessage(later)).toBeUndefined();
    expect(messageNeeds(later)).toEqual({ worker: '3.0.0', job: 'job', batch: 7 });
  });

  it.each(['', 'null', '[]', '7', '{"worker":"1.0.0"}', '{"worker":1,"job":"j","batch":0}'])(
    'is none, and asks for nothing, when it reads %s',
    (body) => {
      expect(decodeBatchMessage(body)).toBeUndefined();
      expect(messageNeeds(body)).toBeUndefined();
    },
  );

  it('is well below 1 KiB', () => {
    const long = { ...message, worker: '10.20.30-rc.40', job: 'j'.repeat(64), key: 'k'.repeat(128) };
    expect(encodeBatchMessage(long).length).toBeLessThan(512);
  });
});
