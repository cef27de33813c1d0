/** Makes the report of a job: its record as one HTML document that works from disk, without a network and without the stack. */
import type { JobRecord } from '../../core/record/job-record.js';
import { type PageAssets, pageHtml } from './html.js';
import { titleOf } from './view/truth.js';

export const reportHtml = (record: JobRecord, assets: PageAssets): string =>
  pageHtml({ view: 'job', job: record.job, live: false, record }, titleOf(record), assets);
