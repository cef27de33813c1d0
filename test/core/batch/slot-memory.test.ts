import { describe, expect, it } from 'vitest';
import { SlotMemory } from '../../../core/batch/slot-memory.js';

describe('the witness', () => {
  it('is the last good item, until one is known after which the same process went on well', () => {
    const memory = new SlotMemory<string>();
    expect(memory.witness).toBeUndefined();
    memory.answeredWell('a');
    expect(memory.witness).toBe('a');
    memory.answeredWell('b');
    expect(memory.witness).toBe('a');
    memory.answeredWell('c');
    expect(memory.witness).toBe('b');
  });

  it('is still known to a fresh process, which proves nothing of items answered before it', () => {
    const memory = new SlotMemory<string>();
    memory.used = true;
    memory.answeredWell('a');
    memory.processReplaced();
    expect(memory).toMatchObject({ used: false, witness: 'a' });
    memory.answeredWell('b');
    expect(memory.witness).toBe('b');
  });

  it('is forgotten when its file is gone', () => {
    const memory = new SlotMemory<string>();
    memory.answeredWell('a');
    memory.forgetItems();
    expect(memory.witness).toBeUndefined();
  });
});
