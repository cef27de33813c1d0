/** A job whose input is cut off in the middle of its second batch: that range is no longer there. */
import { inputPartKey } from '../../core/contract/keys.js';
import { modelPath } from '../e2e/models.js';
import type { StackLab } from './stack-lab.js';

/** Four items, two batches, two attempts. The job's id. */
export async function submitCutOff(lab: StackLab, options: readonly string[]): Promise<string> {
  const dataset = await lab.file('cut.jsonl', '1\n2\n3\n4\n');
  const how = ['--model', modelPath('double'), '--batch-size', '2', '--max-attempts', '2'];
  const job = await lab.submit([dataset, ...how, ...options]);
  await lab.store.put(inputPartKey(job, 0), '1\n2\n', { signal: AbortSignal.timeout(10_000) });
  return job;
}
