/** Runs real workers on instances of the local cloud with stand-in GPUs: everything but CUDA itself. */
import { expect, it } from 'vitest';
import { unablePrefix } from '../../core/contract/keys.js';
import { Lab } from '../support/lab.js';
import { modelPath } from '../e2e/models.js';

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');

async function withGpus(gpus: number, test: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await Lab.start({ maxWorkers: 1, gpus });
  try {
    await test(lab);
  } finally {
    await lab.close();
  }
}

interface Shaped {
  readonly code: string;
  readonly message: string;
}

async function shapesOf(lab: Lab, job: string): Promise<readonly string[]> {
  const { stdout } = await lab.cli(['logs', job, '--json']);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Shaped);
  return events.filter(({ code }) => code === 'slot-shape').map(({ message }) => message);
}

it('eight GPUs have eight slots, and each slot sees one of them', { timeout: 600_000 }, async () => {
  await withGpus(8, async (lab) => {
    const dataset = await lab.file('items.jsonl', numbers(800));
    const options = ['--env', 'CLAIM=9000 97', '--batch-size', '4', '--slots', 'auto'];
    const job = await lab.submit([dataset, '--model', modelPath('gpu'), ...options]);
    const watching = lab.startCli(['watch', job]);
    expect((await watching.exited).code).toBe(0);
    const results = await lab.results(job);
    expect(results).toHaveLength(800);
    expect(new Set(results.map(({ output }) => output))).toEqual(new Set(['0', '1', '2', '3', '4', '5', '6', '7']));
    expect(await shapesOf(lab, job)).toEqual([
      '1 slot on each of 8 GPUs; the model uses 9.4 of 26 GB and 97 % of a GPU.',
    ]);
    const fleet = JSON.parse((await lab.cli(['fleet', '--all', '--json'])).stdout) as {
      readonly instances: readonly { readonly instanceType: string }[];
    };
    expect(fleet.instances.map(({ instanceType }) => instanceType)).toEqual(['g5.48xlarge']);
  });
});

it(
  'a second copy that does not fit is a step taken back, although the user asked for it',
  { timeout: 600_000 },
  async () => {
    await withGpus(1, async (lab) => {
      const dataset = await lab.file('items.jsonl', numbers(60));
      const options = ['--env', 'CLAIM=14000 50', '--batch-size', '2', '--slots', '2'];
      const job = await lab.submit([dataset, '--model', modelPath('gpu'), ...options]);
      expect((await lab.startCli(['watch', job]).exited).code).toBe(0);
      expect(await lab.results(job)).toHaveLength(60);
      const [shape, ...more] = await shapesOf(lab, job);
      expect(shape).toMatch(/^1 slot on the GPU, because one more could not load the model: .*CUDA out of memory/s);
      expect(more).toEqual([]);
      for await (const mark of lab.store.list(unablePrefix(job), { signal: AbortSignal.timeout(10_000) })) {
        throw new Error(`There is a mark: ${mark.key}`);
      }
      expect(await lab.instances()).toHaveLength(1);
    });
  },
);

it('--slots-per-gpu loads so many models on each GPU', { timeout: 600_000 }, async () => {
  await withGpus(4, async (lab) => {
    const dataset = await lab.file('items.jsonl', numbers(160));
    const options = ['--env', 'CLAIM=9000 40', '--batch-size', '2', '--slots', 'auto', '--slots-per-gpu', '2'];
    const job = await lab.submit([dataset, '--model', modelPath('gpu'), ...options]);
    expect((await lab.startCli(['watch', job]).exited).code).toBe(0);
    const status = await lab.cli(['logs', job, '--json']);
    expect(status.stdout.split('\n').filter((line) => line.includes('"model-ready"'))).toHaveLength(8);
    expect(new Set((await lab.results(job)).map(({ output }) => output))).toEqual(new Set(['0', '1', '2', '3']));
  });
});
