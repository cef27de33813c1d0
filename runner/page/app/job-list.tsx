/** All jobs of a stack, the newest first. */
import type { VNode } from 'preact';
import { count, percent } from '../../display/format.js';
import { JOBS_PATH, type ListedJob } from '../page-data.js';
import { utc } from '../view/time-window.js';
import { STATE_WORDS } from '../view/truth.js';
import { ScrollTable } from './parts.js';

export interface JobListProps {
  readonly stack: string;
  readonly jobs: readonly ListedJob[] | undefined;
}

export function JobList({ stack, jobs }: JobListProps): VNode {
  return (
    <section>
      <h1>
        Jobs of <bdi>{stack}</bdi>
      </h1>
      {jobs === undefined ? (
        <p class="waiting">The jobs are being read.</p>
      ) : jobs.length === 0 ? (
        <p>There are no jobs yet.</p>
      ) : (
        <ScrollTable
          label="Jobs"
          head={['Job', 'State', 'Done', 'Items', 'Failed', 'Submitted', 'By', 'Model', 'Dataset']}
          numbers={[2, 3, 4]}
          rows={jobs.map(({ job, name, state, items, createdAt, createdBy, model, dataset }) => [
            <a href={`${JOBS_PATH}/${job}/`}>{name ?? job}</a>,
            STATE_WORDS[state],
            percent(items.ok + items.failed, items.total),
            count(items.total),
            count(items.failed),
            utc(createdAt),
            createdBy,
            model,
            dataset,
          ])}
        />
      )}
    </section>
  );
}
