/** Takes a tenth of a second for an item. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function predict(items) {
  const outputs = [];
  for (const item of items) {
    await sleep(100);
    outputs.push(item * 2);
  }
  return outputs;
}
