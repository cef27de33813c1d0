/** The whole page: the list of jobs, or one job, with the standing of a live page above it. */
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PageData } from '../page-data.js';
import { titleOf } from '../view/truth.js';
import { JobList } from './job-list.js';
import { JobView } from './job-view.js';
import { LiveLine, useLive } from './live.js';

export function Page({ first }: { readonly first: PageData }): VNode {
  const { data, standing } = useLive(first);
  const title = data.view === 'job' && data.record !== undefined ? titleOf(data.record) : undefined;
  useEffect(() => {
    if (title !== undefined) document.title = title;
  }, [title]);
  return (
    <>
      <header class="bar">
        <span class="brand">spotpool</span>
        {standing === undefined ? null : <LiveLine standing={standing} />}
      </header>
      <main>
        {data.view === 'jobs' ? (
          <JobList stack={data.stack} jobs={data.jobs} />
        ) : data.record === undefined ? (
          <p class="waiting">The record of job {data.job} is being read. This page shows it when it is there.</p>
        ) : (
          <JobView record={data.record} />
        )}
      </main>
    </>
  );
}
