import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeStandInGpus } from '../../../local/instances/stand-in-gpus.js';
import { parseGpus } from '../../../worker/gpu/nvidia-smi.js';

const QUERY = ['--query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu', '--format=csv,noheader,nounits'];
const MIB = 1024 * 1024;

describe('the stand-in for nvidia-smi', () => {
  let directory: string;
  let program: string;
  const models: ChildProcess[] = [];
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'spotpool-gpus-')));
    program = path.join(writeStandInGpus(directory, { count: 2, name: 'A10G', memoryMiB: 24_576 }), 'nvidia-smi');
  });
  afterEach(async () => {
    await Promise.all(models.splice(0).map(end));
    rmSync(directory, { recursive: true });
  });

  async function end(model: ChildProcess): Promise<void> {
    model.kill('SIGKILL');
    if (model.exitCode === null && model.signalCode === null) await once(model, 'exit');
  }

  /** A process that claims memory and then waits, as a loaded model does. */
  async function model(gpu: string, claim: string): Promise<{ readonly model: ChildProcess; readonly said: string }> {
    const script = '"$0" claim $1 && echo loaded; read -r _';
    const made = spawn('sh', ['-c', script, program, claim], {
      env: { ...process.env, CUDA_VISIBLE_DEVICES: gpu },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    models.push(made);
    const said = await Promise.race([once(made.stdout, 'data'), once(made.stderr, 'data')]);
    return { model: made, said: String(said[0]).trim() };
  }

  const gpus = () => parseGpus(execFileSync(program, QUERY, { encoding: 'utf8' }));

  it('answers for as many GPUs as the type has, in the form that the worker reads', () => {
    expect(gpus()).toEqual([
      { index: '0', name: 'NVIDIA A10G', memoryBytes: 24_576 * MIB, usedBytes: 0, use: 0 },
      { index: '1', name: 'NVIDIA A10G', memoryBytes: 24_576 * MIB, usedBytes: 0, use: 0 },
    ]);
  });

  it('adds up what living processes claim, on the GPU that each sees', async () => {
    const first = await model('1', '9000 60');
    await model('1', '4000 70');
    expect(gpus().map(({ usedBytes, use }) => [usedBytes / MIB, use])).toEqual([
      [0, 0],
      [13_000, 1],
    ]);
    await end(first.model);
    expect(gpus()[1]).toMatchObject({ usedBytes: 4_000 * MIB, use: 0.7 });
  });

  it('refuses a claim for which the memory is used up, as CUDA does', async () => {
    expect((await model('0', '14000')).said).toBe('loaded');
    expect((await model('0', '14000')).said).toMatch(/^CUDA out of memory. Tried to allocate 14000 MiB. GPU 0 /);
    expect((await model('1', '14000')).said).toBe('loaded');
  });

  it('has no GPU for a process that sees none, and says what it knows', () => {
    const none = spawnSync(program, ['claim', '1'], {
      encoding: 'utf8',
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '' },
    });
    expect([none.status, none.stderr.trim()]).toEqual([1, 'RuntimeError: No CUDA GPUs are available']);
    expect(spawnSync(program, ['--help'], { encoding: 'utf8' }).stderr).toContain('claim <MiB>');
  });
});
