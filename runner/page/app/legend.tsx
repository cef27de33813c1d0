/** The legend of the timeline, and the marks of a large pool as a row of counts. */
import type { VNode } from 'preact';
import type { InstancePhase } from '../../../core/record/job-record.js';
import { plural } from '../../display/format.js';
import { MARK_KINDS, MARK_WORDS, type MarkKind, PHASE_WORDS, STACKED_PHASES } from '../view/phases.js';
import { glyph, type PhaseColumns } from '../view/timeline.js';

export interface LegendProps {
  readonly phases: readonly InstancePhase[];
  readonly marks: readonly MarkKind[];
}

export function Legend({ phases, marks }: LegendProps): VNode {
  return (
    <ul class="legend">
      {STACKED_PHASES.toReversed()
        .filter((phase) => phases.includes(phase))
        .map((phase) => (
          <li key={phase}>
            <svg width="12" height="12" aria-hidden="true">
              <rect class={`phase phase-${phase}`} width="12" height="12" rx="1" />
            </svg>
            {PHASE_WORDS[phase]}
          </li>
        ))}
      {MARK_KINDS.filter((kind) => marks.includes(kind)).map((kind) => (
        <li key={kind}>
          <svg width="12" height="12" aria-hidden="true">
            <path class={`mark mark-${kind}`} d={glyph(kind, 6, 6, 4)} />
          </svg>
          {MARK_WORDS[kind]}
        </li>
      ))}
    </ul>
  );
}

/** Says how many marks of each kind there were. Their places are in the readout of the chart. */
export function MarkColumns({ columns }: { readonly columns: PhaseColumns }): VNode | null {
  const sums = MARK_KINDS.flatMap((kind) => {
    const counts = columns.marks.get(kind);
    if (counts === undefined) return [];
    return [
      `${plural(
        counts.reduce((sum, each) => sum + each, 0),
        MARK_WORDS[kind],
        MANY_MARKS[kind],
      )}`,
    ];
  });
  return sums.length === 0 ? null : <p class="note">In this time: {sums.join(', ')}.</p>;
}

const MANY_MARKS: Readonly<Record<MarkKind, string>> = {
  notice: 'notices',
  reclaim: 'reclaims',
  'hand-back': 'hand-backs',
  loss: 'losses of workers',
};
