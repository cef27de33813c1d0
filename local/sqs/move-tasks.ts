/**
 * Message move tasks: they move messages of a dead-letter queue back to their source or to another queue, a few at
 * a time. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 *
 * Invariants: a source queue has at most one running task, and a running task has exactly one timer. A message is
 * always in one queue. A task ends when it has met as many messages as the source held at its start, or when the
 * source is empty.
 */
import { randomUUID } from 'node:crypto';
import { SqsError } from './errors.js';
import type { Queue, QueueContext } from './queue.js';

export interface MoveTask {
  readonly id: string;
  readonly sourceArn: string;
  readonly destinationArn: string | undefined;
  readonly perSecond: number | undefined;
  readonly startedMs: number;
  readonly toMove: number;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  failureReason: string | undefined;
}

/** The most that AWS allows; AWS does not document the rate that it chooses by itself. */
export const MAX_MOVED_PER_SECOND = 500;
/** AWS lists no more of them. */
const MAX_KEPT_TASKS = 10;
const TICK_MS = 100;

export class MoveTasks {
  /** The tasks by source, the newest first. */
  readonly #tasks = new Map<string, MoveTask[]>();
  readonly #timers = new Map<MoveTask, () => void>();

  readonly #context: QueueContext;

  constructor(context: QueueContext) {
    this.#context = context;
  }

  start(source: Queue, destination: Queue | undefined, perSecond: number | undefined): MoveTask {
    const earlier = this.list(source.arn);
    if (earlier[0]?.status === 'RUNNING') {
      const message =
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.';
      throw new SqsError('InvalidParameterValue', message);
    }
    const task: MoveTask = {
      id: randomUUID(),
      sourceArn: source.arn,
      destinationArn: destination?.arn,
      perSecond,
      startedMs: this.#context.clock.nowMs(),
      toMove: source.counts().visible,
      moved: 0,
      status: 'RUNNING',
      failureReason: undefined,
    };
    this.#tasks.set(source.arn, [task, ...earlier].slice(0, MAX_KEPT_TASKS));
    this.#arm(task);
    return task;
  }

  list(sourceArn: string): readonly MoveTask[] {
    return this.#tasks.get(sourceArn) ?? [];
  }

  cancel(task: MoveTask): void {
    this.#end(task, 'CANCELLED');
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #arm(task: MoveTask): void {
    this.#timers.set(
      task,
      this.#context.clock.after(TICK_MS, () => this.#step(task)),
    );
  }

  #step(task: MoveTask): void {
    const elapsedMs = this.#context.clock.nowMs() - task.startedMs;
    const dueByNow = Math.floor((elapsedMs / 1000) * (task.perSecond ?? MAX_MOVED_PER_SECOND));
    while (task.moved < Math.min(dueByNow, task.toMove)) {
      const source = this.#context.findByArn(task.sourceArn);
      if (source === undefined) return this.#end(task, 'FAILED', 'AWS.SimpleQueueService.NonExistentQueue');
      const message = source.peekOldest();
      if (message === undefined) return this.#end(task, 'COMPLETED');
      const destinationArn = task.destinationArn ?? message.deadLetterSourceArn;
      if (destinationArn === undefined) return this.#end(task, 'FAILED', 'CouldNotDetermineMessageSource');
      const destination = this.#context.findByArn(destinationArn);
      if (destination === undefined) return this.#end(task, 'FAILED', 'AWS.SimpleQueueService.NonExistentQueue');
      source.release(message);
      // A moved message is a new one: its id and its sending time come from the move.
      destination.send([{ content: message.content, delayMs: 0 }]);
      task.moved += 1;
    }
    if (task.moved >= task.toMove) this.#end(task, 'COMPLETED');
    else this.#arm(task);
  }

  #end(task: MoveTask, status: MoveTask['status'], failureReason?: string): void {
    this.#timers.get(task)?.();
    this.#timers.delete(task);
    task.status = status;
    task.failureReason = failureReason;
  }
}
