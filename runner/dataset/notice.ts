/** What the reading of a dataset tells its user. */

export interface DatasetNotice {
  readonly level: 'info' | 'warning';
  readonly code: 'dataset-format' | 'big-integers' | 'long-records';
  readonly message: string;
}

export type Notify = (notice: DatasetNotice) => void;
