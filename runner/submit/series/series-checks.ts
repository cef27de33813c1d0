/** Checks that the jobs of a series belong together. */
import type { DatasetSpec, Manifest } from '../../../core/contract/job.js';
import type { JobSeries } from '../../../core/contract/series.js';
import { UserError } from '../../errors.js';

/** A job that was submitted without the series would be missing in every table of it. */
export const seriesDifferences = (before: Manifest, series: JobSeries | undefined): readonly string[] =>
  series === undefined || before.series?.id === series.id
    ? []
    : [
        `it ${before.series === undefined ? 'is of no series' : `is of series ${before.series.id}`}, and not of ${series.id}`,
      ];

export const otherDataset = ({ name }: DatasetSpec): UserError =>
  new UserError(
    `The dataset ${name} has changed since the first jobs of the series were submitted, so their results could not be compared. ` +
      'Restore the dataset and run the same command again, or begin another series with another --id.',
  );
