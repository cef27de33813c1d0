/** Checks that an opened file fits the files before it, whether its rows are read or only its beginning is looked at. */
import { UserError } from '../../errors.js';
import type { Agreement } from './agreement.js';
import { formatOfOpened, type OpenedSource } from './open-source.js';
import type { RowsRequest } from './rows-request.js';

export type AlikeOptions = Pick<RowsRequest, 'delimiter' | 'columns'>;

/** Throws a `UserError` when the file differs from the files before, or an option does not apply to it. The header of CSV is read later. */
export function requireAlike(agreement: Agreement, opened: OpenedSource, { delimiter, columns }: AlikeOptions): void {
  const { name } = opened.source;
  if (opened.kind === 'parquet') {
    agreement.requireFormat(name, 'parquet');
    agreement.requireColumns({ name, members: opened.parquet.members });
    if (delimiter === undefined) return;
    throw new UserError(`--delimiter does not apply to the dataset ${name}, which is Parquet. Leave it out.`);
  }
  // A blank file shows no format, and has nothing that could differ.
  if (!opened.bytes.isBlank) agreement.requireFormat(name, formatOfOpened(opened));
  if (columns === undefined) return;
  throw new UserError(`--columns applies to Parquet, and the dataset ${name} has another format. Leave it out.`);
}
