/** Keeps the failure of one job from the others (R13): they go on, and the failure is reported once, until it is over. */
import { messageOf } from '../errors.js';
import type { PassContext } from './pass-context.js';

/** The act that failed, for the sentence about it. */
export type JobAct = 'read' | 'ended' | 'sent again' | 'counted' | 'counted in its file' | 'recorded';

/** Returns undefined when the act failed. */
export async function isolateJobFailure<T>(
  { memory, events, signal }: Pick<PassContext, 'memory' | 'events' | 'signal'>,
  { job, act }: { readonly job: string; readonly act: JobAct },
  perform: () => Promise<T>,
  onError: (error: unknown) => void = () => undefined,
): Promise<{ readonly value: T } | undefined> {
  const trouble = `job-trouble ${act} ${job}`;
  try {
    const value = await perform();
    memory.reportedTroubles.delete(trouble);
    return { value };
  } catch (error) {
    signal.throwIfAborted();
    if (!memory.reportedTroubles.has(trouble)) {
      const why = messageOf(error);
      events.add('job-trouble', `Job ${job} could not be ${act}; retrying, and other jobs go on: ${why}`, job);
    }
    memory.reportedTroubles.add(trouble);
    onError(error);
    return undefined;
  }
}
