/** A series is a number of jobs of one command: they have the same dataset and model, and differ in variables of the model's environment. */
import { ARGUMENT_CHARACTERS, NAME_CHARACTERS } from './job-options.js';
import { jobId } from './job-id.js';
import { object, record, type Shape, text } from './shape.js';

/** The place of a job in its series. */
export interface JobSeries {
  /** The id of the series, with which the ids of its jobs begin. */
  readonly id: string;
  /** The value of this job for each variable of the series, in the order in which the variables were given. */
  readonly values: Readonly<Record<string, string>>;
}

/** Each job of a series has its own input in the bucket, and a controller looks at every job that runs. A longer list of values is probably a slip. */
export const MOST_SERIES_JOBS = 100;
/** More variables make no readable table. */
export const MOST_SERIES_VARIABLES = 20;

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const jobSeries: Shape<JobSeries> = object<JobSeries>({
  id: jobId,
  values: record(text(ARGUMENT_CHARACTERS), { name: text(NAME_CHARACTERS, VARIABLE), most: MOST_SERIES_VARIABLES }),
});
