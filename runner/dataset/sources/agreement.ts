/** The files of one dataset must be of one format and have the same columns. Otherwise items would silently be of several kinds. */
import { FORMAT_NAMES, type ItemFormat } from '../../../core/dataset/dataset-format.js';
import { UserError } from '../../errors.js';
import { readItems } from '../read-items.js';
import { addsTypes, type NamedColumns, refuseOtherColumns } from '../parquet/same-columns.js';
import { formatOfOpened, type OpenedSource } from './open-source.js';

export class Agreement {
  /** The first file, and those that have a type where the ones before have only nulls. */
  readonly #tables: NamedColumns[] = [];
  #format: { readonly name: string; readonly format: ItemFormat } | undefined;
  #header: { readonly name: string; readonly columns: readonly string[] } | undefined;

  /** Reads as much of the file as shows its columns. */
  async require(opened: OpenedSource): Promise<void> {
    const { name } = opened.source;
    if (opened.kind === 'bytes' && opened.bytes.isBlank) return;
    this.requireFormat(name, formatOfOpened(opened));
    if (opened.kind === 'parquet') this.requireColumns({ name, members: opened.parquet.members });
    else if (opened.bytes.recognised.format === 'csv') {
      const onHeader = (columns: readonly string[]): void => this.requireHeader(name, columns);
      await readItems(opened.bytes, { name, strict: false, limit: 1, onHeader }).next();
    }
  }

  requireFormat(name: string, format: ItemFormat): void {
    this.#format ??= { name, format };
    if (this.#format.format === format) return;
    throw new UserError(
      `The files of a dataset have one format, but ${this.#format.name} is ${FORMAT_NAMES[this.#format.format]} and ${name} is ${FORMAT_NAMES[format]}. ` +
        `Give the files of one format, for example with a glob ('data/*.csv'). If only a name is wrong, state the format with --format.`,
    );
  }

  /** The columns of Parquet have types, too. */
  requireColumns(columns: NamedColumns): void {
    for (const table of this.#tables) refuseOtherColumns(table, columns);
    if (this.#tables.every((table) => addsTypes(table, columns))) this.#tables.push(columns);
  }

  /** The order of the columns may differ, because items have names for their values. */
  requireHeader(name: string, columns: readonly string[]): void {
    this.#header ??= { name, columns };
    const { name: first, columns: wanted } = this.#header;
    const missing = wanted.filter((column) => !columns.includes(column));
    const added = columns.filter((column) => !wanted.includes(column));
    if (missing.length === 0 && added.length === 0) return;
    const differences = [
      ...(missing.length === 0 ? [] : [`lacks ${listed(missing)}`]),
      ...(added.length === 0 ? [] : [`also has ${listed(added)}`]),
    ];
    throw new UserError(
      `The files of a dataset have the same columns, but ${name} differs from ${first}: it ${differences.join(' and ')}. Repair the header, or submit the files as two jobs.`,
    );
  }
}

/** More names are only counted. */
const MOST_NAMES = 5;

function listed(columns: readonly string[]): string {
  const some = columns.slice(0, MOST_NAMES).map((column) => JSON.stringify(column));
  const more = columns.length - some.length;
  return `the column${columns.length === 1 ? '' : 's'} ${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
