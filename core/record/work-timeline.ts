/**
 * Keeps what a worker did over time, for all of its jobs: the steps to a model one by one, and the times of work, which are merged when they touch. Its
 * memory is bounded: the more times of work there are, the larger are the gaps between them that it leaves out.
 */
import type { ModelPhase } from '../contract/events.js';
import { MOST_SPANS, MOST_STEPS, type SummarySpan } from '../contract/worker-summary.js';

interface Step {
  readonly job: string;
  readonly phase: ModelPhase;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A worker is never idle for so short a time: a batch is received, or its model waits for the next slice. */
const FIRST_GAP_MS = 500;

export class WorkTimeline {
  readonly #steps: Step[] = [];
  #work: { readonly fromMs: number; readonly toMs: number }[] = [];
  #gapMs = FIRST_GAP_MS;

  /** Later steps than the first ones have no place of their own: a worker that reloads models all day does nothing else. */
  step(step: Step): void {
    const isKnown = this.#steps.some(
      ({ job, phase, fromMs, toMs }) =>
        job === step.job && phase === step.phase && fromMs === step.fromMs && toMs === step.toMs,
    );
    if (!isKnown && this.#steps.length < MOST_STEPS) this.#steps.push(step);
  }

  work(fromMs: number, toMs: number): void {
    this.#insert(fromMs, toMs);
    while (this.#work.length > MOST_SPANS) {
      this.#gapMs *= 2;
      const before = this.#work;
      this.#work = [];
      for (const span of before) this.#insert(span.fromMs, span.toMs);
    }
  }

  /** Adds the spans that the worker's earlier process wrote for the job. */
  addAll(job: string, spans: readonly SummarySpan[]): void {
    for (const { phase, fromMs, toMs } of spans) {
      if (phase === 'work') this.work(fromMs, toMs);
      else this.step({ job, phase, fromMs, toMs });
    }
  }

  /** The steps to other jobs' models are work that is not this job's. */
  spansOf(job: string): readonly SummarySpan[] {
    const steps = this.#steps.map((step) => ({
      phase: step.job === job ? step.phase : ('work' as const),
      fromMs: step.fromMs,
      toMs: step.toMs,
    }));
    return [...steps, ...this.#work.map((span) => ({ phase: 'work' as const, ...span }))];
  }

  /** Spans come almost in the order of their ends, so the place is found from the end. */
  #insert(fromMs: number, toMs: number): void {
    let span = { fromMs, toMs };
    let at = this.#work.length;
    while (at > 0) {
      const before = this.#work[at - 1];
      if (before === undefined || before.fromMs > span.toMs + this.#gapMs) at -= 1;
      else if (before.toMs + this.#gapMs >= span.fromMs) {
        span = { fromMs: Math.min(before.fromMs, span.fromMs), toMs: Math.max(before.toMs, span.toMs) };
        this.#work.splice(at - 1, 1);
        at -= 1;
      } else break;
    }
    this.#work.splice(at, 0, span);
  }
}
