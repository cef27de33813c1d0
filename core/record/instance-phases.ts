/**
 * Turns the spans that a worker reported into the phases of its instance: in order of time, without overlaps, within the instance's life. Where spans
 * overlap, the one nearer to the work counts. Where there are none, the instance was idle, or draining after its notice.
 */
import type { SummarySpan } from '../contract/worker-summary.js';
import type { InstancePhase } from './job-record.js';

export interface PhaseSpan {
  readonly phase: InstancePhase;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface InstanceLife {
  readonly fromMs: number;
  readonly toMs: number;
  /** When its worker came up. */
  readonly workerAtMs?: number;
  /** From here on a time without work is a drain. */
  readonly noticeAtMs?: number;
  /** Nothing is known of the time after this: the worker lives, or it ended without a word. */
  readonly knownUntilMs: number;
}

/** The later in the list, the nearer to the work. */
const ORDER: readonly InstancePhase[] = [
  'idle',
  'drain',
  'boot',
  'fetch',
  'environment',
  'weights',
  'setup',
  'load',
  'work',
];

export function instancePhases(spans: readonly SummarySpan[], life: InstanceLife): readonly PhaseSpan[] {
  const { fromMs, toMs, workerAtMs, noticeAtMs } = life;
  const knownUntilMs = Math.min(toMs, life.knownUntilMs);
  const all: PhaseSpan[] = [{ phase: 'idle', fromMs: workerAtMs ?? fromMs, toMs: knownUntilMs }, ...spans];
  if (workerAtMs !== undefined) all.push({ phase: 'boot', fromMs, toMs: workerAtMs });
  if (noticeAtMs !== undefined) all.push({ phase: 'drain', fromMs: noticeAtMs, toMs: knownUntilMs });
  const clipped = all
    .map((span) => ({ ...span, fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) }))
    .filter((span) => span.fromMs < span.toMs);
  return joined(sweep(clipped));
}

/** Goes through the moments at which a span begins or ends. Between two of them the highest phase counts. */
function sweep(spans: readonly PhaseSpan[]): readonly PhaseSpan[] {
  const changes = spans
    .flatMap(({ phase, fromMs, toMs }) => [
      { atMs: fromMs, rank: ORDER.indexOf(phase), by: 1 },
      { atMs: toMs, rank: ORDER.indexOf(phase), by: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs);
  const open = ORDER.map(() => 0);
  const found: PhaseSpan[] = [];
  changes.forEach(({ atMs, rank, by }, at) => {
    open[rank] = (open[rank] ?? 0) + by;
    const toMs = changes[at + 1]?.atMs ?? atMs;
    const phase = ORDER[open.findLastIndex((count) => count > 0)];
    if (phase !== undefined && toMs > atMs) found.push({ phase, fromMs: atMs, toMs });
  });
  return found;
}

function joined(spans: readonly PhaseSpan[]): readonly PhaseSpan[] {
  const found: PhaseSpan[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last?.phase === span.phase && last.toMs === span.fromMs) found[found.length - 1] = { ...last, toMs: span.toMs };
    else found.push(span);
  }
  return found;
}

/** Returns at most `most` phases: the shortest ones become a part of the phase before them. */
export function fewerPhases(phases: readonly PhaseSpan[], most: number): readonly PhaseSpan[] {
  let kept = phases;
  for (let leastMs = 1; kept.length > most; leastMs *= 2) {
    const longer: PhaseSpan[] = [];
    for (const span of kept) {
      const last = longer.at(-1);
      const isShort = span.toMs - span.fromMs < leastMs;
      if (last === undefined || !isShort || last.toMs !== span.fromMs) longer.push(span);
      else longer[longer.length - 1] = { ...last, toMs: span.toMs };
    }
    kept = joined(longer);
    // Gaps between phases stay, so even phases of any length may be too many.
    if (leastMs > Number.MAX_SAFE_INTEGER / 2) return kept.slice(0, most);
  }
  return kept;
}

export const secondsOf = (phases: readonly PhaseSpan[], wanted: (phase: InstancePhase) => boolean): number =>
  phases.reduce((sum, { phase, fromMs, toMs }) => sum + (wanted(phase) ? toMs - fromMs : 0), 0) / 1000;
