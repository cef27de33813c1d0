/** Writes the values of a job of a series as people read them. The page has this code, so it brings no codec. */
import type { JobSeries } from '../contract/series.js';

/** Returns the variables in their order, such as `LR=0.1, DEPTH=3`. */
export const seriesText = (values: JobSeries['values']): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
