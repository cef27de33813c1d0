import { describe, expect, it } from 'vitest';
import type { GpuWindow } from '../../../core/batch/gpu-shape.js';
import {
  couldNotLoad,
  firstShape,
  isEnough,
  isSettled,
  reshape,
  type ShapeBounds,
  type Shaping,
  type ShapeWindow,
} from '../../../core/batch/slot-shape.js';

const GB = 1e9;
const eight: ShapeBounds = { cpus: 96, memoryBytes: 1_000 * GB, gpus: { count: 8, memoryBytes: 24.1 * GB } };
const one: ShapeBounds = { cpus: 4, memoryBytes: 16 * GB, gpus: { count: 1, memoryBytes: 24.1 * GB } };

/** A window of slots that answer `pace` items a second each, and use so many cores. */
function windowOf({ shape: { slots } }: Shaping, cores: number, gpu: Partial<GpuWindow>, pace = 10): ShapeWindow {
  const wallMs = 4_000;
  const busyMs = wallMs * slots;
  return {
    wallMs,
    busyMs,
    cpuMs: cores * busyMs,
    items: (pace * busyMs) / 1_000,
    answeringMs: busyMs,
    slotMemoryBytes: 2 * GB,
    gpu: { readings: 2, use: 0, slotMemoryBytes: 9.1 * GB, ...gpu },
  };
}

function settleWith(bounds: ShapeBounds, windows: (shaping: Shaping) => ShapeWindow): Shaping {
  let shaping = firstShape(bounds);
  while (!isSettled(shaping)) shaping = reshape(shaping, windows(shaping), bounds);
  return shaping;
}

describe('the shape on GPUs', () => {
  it('starts at one slot a GPU, and stays there while the GPUs are busy', () => {
    const first = firstShape(eight);
    expect(first.shape.slots).toBe(8);
    const settled = settleWith(eight, (now) => windowOf(now, 1, { use: 0.97 }));
    expect(settled.shape).toEqual({ slots: 8, concurrency: 1 });
    expect(settled.reason).toBe('1 slot on each of 8 GPUs; the model uses 9.1 of 24 GB and 97 % of a GPU');
  });

  it('goes to more slots a GPU when their memory and use allow it', () => {
    const settled = settleWith(one, (now) => {
      const { slots } = now.shape;
      return windowOf(now, 1, { use: Math.min(1, 0.3 * slots), slotMemoryBytes: 4 * GB });
    });
    expect(settled.shape.slots).toBe(3);
    expect(settled.reason).toBe('3 slots on the GPU; the model uses 4.0 of 24 GB and 30 % of a GPU');
  });

  it('stays at one slot a GPU when a second copy would not fit into the memory', () => {
    const settled = settleWith(eight, (now) => windowOf(now, 1, { use: 0.3, slotMemoryBytes: 14 * GB }));
    expect(settled.shape.slots).toBe(8);
    expect(settled.reason).toMatch(
      /^1 slot on each of 8 GPUs; the model uses 14\.0 of 24 GB and 30 % of a GPU; its memory has room for no more; /,
    );
  });

  it('tries more slices at once before more slots when the model waits', () => {
    const first = firstShape(one);
    const next = reshape(first, windowOf(first, 0.2, { use: 0.2 }), one);
    expect(next).toMatchObject({ phase: 'more-slices', shape: { slots: 1, concurrency: 4 } });
    expect(next.reason).toContain('9.1 of 24 GB and 20 % of a GPU');
  });

  it('is that of the cores when the model does not use the GPU', () => {
    const settled = settleWith(one, (now) => windowOf(now, 1, { use: 0, slotMemoryBytes: 0 }));
    expect(settled.shape.slots).toBe(4);
    expect(settled.reason).toMatch(/^4 slots on the GPU; the model does not use the GPU; /);
  });

  it('takes as many slots on each GPU as the user asked for', () => {
    expect(firstShape({ ...eight, slots: 16 }).reason).toMatch(/^2 slots on each of 8 GPUs/);
    expect(firstShape({ ...eight, slots: 10 }).reason).toMatch(/^10 slots on 8 GPUs/);
  });

  it('waits for two readings of the GPUs, and a minute at most', () => {
    const first = firstShape(eight);
    const window = windowOf(first, 1, { readings: 1 });
    expect(isEnough(first, window)).toBe(false);
    expect(isEnough(first, { ...window, wallMs: 60_000 })).toBe(true);
    expect(isEnough(first, windowOf(first, 1, { readings: 2 }))).toBe(true);
  });

  it('goes back to the last step as a whole when a slot of a trial cannot load the model', () => {
    const first = firstShape(eight);
    const trial = { ...reshape(first, windowOf(first, 1, { use: 0.3, slotMemoryBytes: 4 * GB }), eight) };
    expect(trial.shape.slots).toBe(24);
    const back = couldNotLoad(trial, 20, 'CUDA out of memory.', eight);
    expect(back).toMatchObject({ phase: 'settled', shape: { slots: 8 }, mostSlots: 8 });
    expect(back.reason).toBe('1 slot on each of 8 GPUs, because one more could not load the model: CUDA out of memory');
  });
});
