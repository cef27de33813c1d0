/** Notices for the user about how a dataset was read. */

export interface DatasetNotice {
  readonly level: 'info' | 'warning';
  readonly code: 'dataset-format' | 'big-integers' | 'long-records' | 'files-left-out' | 'ids';
  readonly message: string;
}

export type Notify = (notice: DatasetNotice) => void;
