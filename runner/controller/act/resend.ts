/** R5: sends the batches that lack an outcome again, made anew from the plan. */
import { encodeBatchMessage } from '../../../core/contract/batch-message.js';
import { planKey } from '../../../core/contract/keys.js';
import { decodePlanLine } from '../../../core/dataset/plan.js';
import { rangeHolding } from '../../../core/dataset/ranges.js';
import type { JobQueue, ObjectStore } from '../../ports.js';
import { linesOf } from '../observe/lines.js';
import type { JobView } from '../observe/read-job.js';

/** Messages held in memory at once: some 200 KB, a hundred calls of ten. */
const SEND_AT_ONCE = 1_000;

/** How many were sent. */
export async function resendMissing(
  ports: { readonly store: ObjectStore; readonly queue: JobQueue },
  { job, manifest, manifestDigest, facts }: JobView,
  signal: AbortSignal,
): Promise<number> {
  const { worker } = manifest.versions;
  let sent = 0;
  let bodies: string[] = [];
  const flush = async (): Promise<void> => {
    if (bodies.length > 0) await ports.queue.send(bodies, job, signal);
    sent += bodies.length;
    bodies = [];
  };
  for await (const line of linesOf(ports.store.stream(planKey(job), { signal }))) {
    if (line === '') continue;
    const location = decodePlanLine(line);
    if (location === undefined || location.batch >= manifest.batches) {
      ports.store.damaged?.({
        key: planKey(job),
        why: `has a line that is no place of a batch of job ${job}: that line is left out`,
      });
      continue;
    }
    if (rangeHolding(facts.progress.folded, location.batch) !== undefined) continue;
    bodies.push(encodeBatchMessage({ ...location, job, manifestDigest, worker }));
    if (bodies.length >= SEND_AT_ONCE) await flush();
  }
  await flush();
  return sent;
}
