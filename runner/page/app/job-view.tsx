/** The page of one job. What people look for first comes first. */
import type { VNode } from 'preact';
import type { JobRecord } from '../../../core/record/job-record.js';
import { timeWindow } from '../view/time-window.js';
import { Charts } from './charts.js';
import { Costs } from './costs.js';
import { Course } from './course.js';
import { Errors } from './errors.js';
import { Provenance } from './provenance.js';
import { Shapes } from './shapes.js';
import { Timeline } from './timeline.js';
import { Gaps, Truth } from './truth.js';

export function JobView({ record }: { readonly record: JobRecord }): VNode {
  const window = timeWindow(record);
  return (
    <>
      <Truth record={record} />
      <Gaps gaps={record.gaps} />
      <Errors record={record} />
      <Timeline record={record} window={window} />
      <Charts record={record} window={window} />
      <Costs record={record} />
      <Shapes record={record} />
      <Provenance record={record} />
      <Course record={record} />
    </>
  );
}
