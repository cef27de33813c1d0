/** Counts the queue's messages while a job runs: a queue that stays empty shows which batches have lost their message (R5). */
import { learn } from '../memory.js';
import type { PassContext } from '../pass-context.js';
import type { JobView } from './read-job.js';

export async function observeQueue(
  jobs: readonly JobView[],
  { ports, memory, signal }: Pick<PassContext, 'ports' | 'memory' | 'signal'>,
): Promise<void> {
  if (!jobs.some(({ verdict }) => verdict.state === 'running')) return learn(memory, { kind: 'no-job-runs' });
  const counts = await ports.queue.counts(signal);
  learn(memory, { kind: 'queue-counted', counts, atMs: ports.clock.nowMs() });
}
