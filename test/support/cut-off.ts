/** Submits a job and truncates its input, so that the range of its second batch no longer exists. */
import { inputPartKey } from '../../core/contract/keys.js';
import { modelPath } from '../e2e/models.js';
import type { StackLab } from './stack-lab.js';

/** The job has four items in two batches, and two attempts per batch. Resolves with its id. */
export async function submitCutOff(lab: StackLab, options: readonly string[]): Promise<string> {
  const dataset = await lab.file('cut.jsonl', '1\n2\n3\n4\n');
  const how = ['--model', modelPath('double'), '--batch-size', '2', '--max-attempts', '2'];
  const job = await lab.submit([dataset, ...how, ...options]);
  await lab.store.put(inputPartKey(job, 0), '1\n2\n', { signal: AbortSignal.timeout(10_000) });
  return job;
}
