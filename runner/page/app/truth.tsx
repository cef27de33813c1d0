/** The head of the page: the job, its state, and the few numbers that everybody asks for. */
import type { VNode } from 'preact';
import type { JobRecord } from '../../../core/record/job-record.js';
import { count, plural } from '../../display/format.js';
import { utc } from '../view/time-window.js';
import { figuresOf, moodOf, STATE_WORDS } from '../view/truth.js';

export function Truth({ record }: { readonly record: JobRecord }): VNode {
  const { job, name, what, how, builtAt } = record;
  return (
    <section class="truth">
      <p class={`state state-${moodOf(record)}`}>
        <i aria-hidden="true" />
        {STATE_WORDS[how.state]}
      </p>
      <h1>
        <bdi>{name ?? job}</bdi>
      </h1>
      <p class="under">
        <bdi>{what.model.name}</bdi> over <bdi>{what.dataset.name}</bdi>
        {name === undefined ? null : (
          <>
            {' · job '}
            <bdi>{job}</bdi>
          </>
        )}
        {` · ${plural(what.dataset.items, 'item')} · ${plural(what.batches, 'batch', 'batches')} · submitted ${utc(what.createdAt)}`}
      </p>
      <ProgressBar record={record} />
      <dl class="figures">
        {figuresOf(record).map(({ name: label, value, note, mood }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd class={mood === undefined ? undefined : `is-${mood}`}>{value}</dd>
            <dd class="note">{note ?? '\u00a0'}</dd>
          </div>
        ))}
      </dl>
      <p class="stamp">
        {how.endedAt === undefined ? `As of ${utc(builtAt)}.` : `Ended ${utc(how.endedAt)}. Record of ${utc(builtAt)}.`}
      </p>
    </section>
  );
}

/** The share of items that are ok, and of those that failed. */
function ProgressBar({ record: { outcomes } }: { readonly record: JobRecord }): VNode {
  const { ok, failed, total } = outcomes.items;
  const share = (items: number): number => (total === 0 ? 0 : (items / total) * 100);
  // Failed items are seen even when they are few.
  const failedShare = failed === 0 ? 0 : Math.max(0.4, share(failed));
  const okShare = Math.min(share(ok), 100 - failedShare);
  return (
    <svg
      class="progress"
      role="img"
      aria-label={`${count(ok)} of ${count(total)} items are ok, ${count(failed)} failed.`}
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
    >
      <rect class="rest" width="100" height="1" />
      <rect class="ok" width={okShare} height="1" />
      <rect class="failed" x={okShare} width={failedShare} height="1" />
    </svg>
  );
}

export function Gaps({ gaps }: { readonly gaps: readonly string[] }): VNode | null {
  if (gaps.length === 0) return null;
  return (
    <aside class="gaps" aria-label="Gaps">
      <p>This record is incomplete:</p>
      <ul>
        {gaps.map((gap) => (
          <li>
            <bdi>{gap}</bdi>
          </li>
        ))}
      </ul>
    </aside>
  );
}
