/** Claims $CLAIM (MiB and percent) of its slot's GPU on a local cloud, and answers with the GPU that it sees. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export function load() {
  try {
    execFileSync('nvidia-smi', ['claim', ...process.env.CLAIM.split(' ')], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(String(error.stderr).trim());
  }
}

export async function predict(items) {
  const outputs = [];
  for (const _ of items) {
    await sleep(100);
    outputs.push(process.env.CUDA_VISIBLE_DEVICES);
  }
  return outputs;
}
