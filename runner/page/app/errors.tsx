/** The reasons of failures: of the job, and of items by their code. The section is absent when nothing failed. */
import type { VNode } from 'preact';
import type { JobRecord, RecordedError } from '../../../core/record/job-record.js';
import { count, plural } from '../../display/format.js';

/** About five lines. A longer message is opened by the reader. */
const SHORT_CHARACTERS = 360;

export function Errors({ record }: { readonly record: JobRecord }): VNode | null {
  const { outcomes, how } = record;
  const { failed } = outcomes.items;
  const reason = how.state === 'complete' || how.reason === undefined ? undefined : how.reason;
  if (failed === 0 && reason === undefined && outcomes.batches.givenUp === 0) return null;
  const most = outcomes.errors.reduce((sum, { count: times }) => Math.max(sum, times), 1);
  return (
    <section id="errors">
      <h2>{how.state === 'failed' || how.state === 'cancelled' ? 'Why it ended, and what failed' : 'What failed'}</h2>
      {reason === undefined ? null : <Message text={reason} lead />}
      {outcomes.batches.givenUp === 0 ? null : (
        <p>
          {plural(outcomes.batches.givenUp, 'batch was', 'batches were')} given up. All of their items count as failed.
        </p>
      )}
      {failed > 0 && outcomes.errors.length === 0 ? (
        <p>{plural(failed, 'item')} failed. Their codes are unknown.</p>
      ) : null}
      <ol class="errors">
        {outcomes.errors.map((error) => (
          <ErrorRow key={error.code} error={error} most={most} />
        ))}
      </ol>
    </section>
  );
}

function ErrorRow({ error, most }: { readonly error: RecordedError; readonly most: number }): VNode {
  const { code, count: times, example } = error;
  return (
    <li>
      <div class="times">
        {count(times)}
        <svg class="share" aria-hidden="true" viewBox="0 0 100 1" preserveAspectRatio="none">
          <rect width={Math.max(2, (times / most) * 100)} height="1" />
        </svg>
      </div>
      <div>
        <code>
          <bdi>{code}</bdi>
        </code>
        <span class="where"> for example item {count(example.index)}</span>
        <Message text={example.message} />
      </div>
    </li>
  );
}

/** The words of a model or of AWS, as they are. */
export function Message({ text, lead = false }: { readonly text: string; readonly lead?: boolean }): VNode {
  const says = `said${lead ? ' lead' : ''}`;
  if (text.length <= SHORT_CHARACTERS) {
    return (
      <p class={says} dir="auto">
        {text}
      </p>
    );
  }
  return (
    <details class="long">
      <summary>
        <span class={says} dir="auto">
          {`${text.slice(0, SHORT_CHARACTERS)}…`}
        </span>
      </summary>
      <p class={says} dir="auto">
        {text}
      </p>
    </details>
  );
}
