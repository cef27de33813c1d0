import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import { Gpus } from '../../../worker/gpu/gpus.js';
import { gpuEnvironment } from '../../../worker/gpu/gpu-environment.js';
import { parseGpus, readGpus } from '../../../worker/gpu/nvidia-smi.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const UUID = 'GPU-52a3a85d-3c55-ca3a-a955-82c69ed360fc';
const A10G = `0, ${UUID}, NVIDIA A10G, 23028, 8678, 97\n1, ${UUID}, NVIDIA A10G, 23028, 0, [N/A]\n`;

describe('nvidia-smi', () => {
  it('is read: index, name, memory and use of each GPU', () => {
    const mib = 1024 * 1024;
    expect(parseGpus(A10G)).toEqual([
      { index: '0', name: 'NVIDIA A10G', memoryBytes: 23028 * mib, usedBytes: 8678 * mib, use: 0.97 },
      { index: '1', name: 'NVIDIA A10G', memoryBytes: 23028 * mib, usedBytes: 0, use: undefined },
    ]);
  });

  it('gives no GPU for what is not a line of it', () => {
    expect(parseGpus('No devices were found\n')).toEqual([]);
    expect(parseGpus('')).toEqual([]);
  });
});

describe('nvidia-smi on the PATH', () => {
  const folders: string[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  async function program(script: string): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'spotpool-smi-'));
    folders.push(folder);
    await writeFile(path.join(folder, 'nvidia-smi'), `#!/bin/bash\n${script}\n`, { mode: 0o700 });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
  }

  it('is not waited for when it hangs: neither for its end, nor for what it has started', async () => {
    await program("trap '' TERM\nsleep 6");
    const startedAtMs = Date.now();
    await expect(readGpus(200)).rejects.toThrow('nvidia-smi gave no answer within 0.2 s');
    expect(Date.now() - startedAtMs).toBeLessThan(4_000);
  });

  it('fails with what it says, and is missing where there are no GPUs', async () => {
    await program('echo "the driver is gone" >&2; exit 9');
    await expect(readGpus()).rejects.toThrow('the driver is gone');
    vi.stubEnv('PATH', folders[0]?.replace(/$/, '/none'));
    expect(await readGpus()).toEqual([]);
  });
});

describe('the GPUs of an instance', () => {
  const events: NewWorkerEvent[] = [];
  const sink = { emit: (event: NewWorkerEvent) => void events.push(event) };

  it('are read at most every two seconds, only when somebody looks, and nobody waits', async () => {
    const clock = new FakeClock();
    let reads = 0;
    const gpus = await Gpus.find({
      clock,
      events: sink,
      read: async () => parseGpus(A10G.replace('8678', String(reads++))),
    });
    expect(gpus.names).toEqual(['0', '1']);
    expect(gpus.bounds).toEqual({ count: 2, memoryBytes: 23028 * 1024 * 1024 });
    await clock.advance(10_000);
    expect(reads).toBe(1);
    for (let looks = 0; looks < 40; looks += 1) {
      gpus.look();
      await clock.advance(250);
      await settle();
    }
    expect(reads).toBeGreaterThanOrEqual(5);
    expect(reads).toBeLessThanOrEqual(6);
    expect(gpus.status?.[0]).toMatchObject({ name: 'NVIDIA A10G', memoryMib: 23028, use: 0.97 });
  });

  it('keep their last figures when the driver fails, which is reported once', async () => {
    events.length = 0;
    const clock = new FakeClock();
    let fails = false;
    const read = async () => {
      if (fails) throw new Error('driver');
      return parseGpus(A10G);
    };
    const gpus = await Gpus.find({ clock, events: sink, read });
    fails = true;
    for (let looks = 0; looks < 3; looks += 1) {
      await clock.advance(5_000);
      gpus.look();
      await settle();
    }
    expect(gpus.look().gpus).toHaveLength(2);
    expect(events).toHaveLength(1);
  });

  it('are none, without an event, where there is no nvidia-smi', async () => {
    events.length = 0;
    const gpus = await Gpus.find({ clock: new FakeClock(), events: sink, read: async () => [] });
    expect([gpus.names, gpus.bounds, gpus.status, events]).toEqual([[], undefined, undefined, []]);
  });

  it('are shown to a model by the index that the PCI bus gives', () => {
    expect(gpuEnvironment('3')).toEqual({ CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: '3' });
    expect(gpuEnvironment(undefined)).toEqual({});
  });
});
