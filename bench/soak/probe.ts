/** The figures that a process reports about itself (child.ts), and the request for them. */
import type { ChildProcess } from 'node:child_process';

export interface ProbeAnswer {
  readonly heapBytes: number;
  /** Memory outside of the heap, such as buffers. */
  readonly externalBytes: number;
  /** All memory of the process. It is only shown. */
  readonly residentBytes: number;
  /** The resident memory without the room that V8 has taken for its heap: it holds the system's allocator, code and stacks. */
  readonly outsideHeapBytes: number;
  /** Open resources by Node's names: timers, servers, sockets, child processes, requests to the file system. */
  readonly resources: Readonly<Record<string, number>>;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** The process collects its garbage first. */
export function probe(child: ChildProcess): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error('The local cloud does not answer its probe.')), ANSWER_TIMEOUT_MS);
    const answered = (answer: unknown): void => end(answer as ProbeAnswer);
    const exited = (): void => end(new Error('The local cloud has ended.'));
    const end = (outcome: ProbeAnswer | Error): void => {
      clearTimeout(timer);
      child.off('message', answered).off('exit', exited);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    child.once('message', answered).once('exit', exited);
    child.send('probe');
  });
}
