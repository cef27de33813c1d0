/** The ends and resumes of a job, and the jobs that it belongs to. The section is absent when there is nothing to tell. */
import type { VNode } from 'preact';
import type { EndsEntry } from '../../../core/contract/ends.js';
import type { JobRecord } from '../../../core/record/job-record.js';
import { resumeText } from '../view/options.js';
import { utc } from '../view/time-window.js';
import { Message } from './errors.js';

export function Course({ record: { how } }: { readonly record: JobRecord }): VNode | null {
  const { ends, parent, reruns } = how;
  // One end alone is told in the head of the page, and its reason with the errors.
  if (ends.length < 2 && parent === undefined && reruns.length === 0) return null;
  return (
    <section id="course">
      <h2>Ends, resumes and reruns</h2>
      {parent === undefined ? null : (
        <p>
          This job computed items of job <code>{parent}</code> again.
        </p>
      )}
      {ends.length === 0 ? null : (
        <ol class="course">
          {ends.map((entry) => (
            <li key={entry.number}>
              <time dateTime={entry.at}>{utc(entry.at)}</time>
              <span>
                {wordsOf(entry)}
                {entry.by === undefined ? null : (
                  <>
                    {' by '}
                    <bdi>{entry.by}</bdi>
                  </>
                )}
              </span>
              {entry.kind === 'end' ? <Message text={entry.reason} /> : <p class="note">{resumeText(entry.options)}</p>}
            </li>
          ))}
        </ol>
      )}
      {reruns.length === 0 ? null : (
        <>
          <p>Items of this job were computed again by:</p>
          <ul class="jobs">
            {reruns.map((job) => (
              <li key={job}>
                <code>{job}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function wordsOf(entry: EndsEntry): string {
  if (entry.kind === 'resume') return 'Resumed';
  return { complete: 'Complete', failed: 'Failed', cancelled: 'Cancelled' }[entry.state];
}
