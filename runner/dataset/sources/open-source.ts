/** Opens one source and finds what it is: a stream of records, or Parquet, which is read by ranges of bytes. */
import { fileKind } from '../../../core/dataset/file-kind.js';
import { formatByName, type ItemFormat } from '../../../core/dataset/dataset-format.js';
import { UserError } from '../../errors.js';
import { ByteSource } from '../byte-source.js';
import { openBytes, type OpenedBytes } from '../open-bytes.js';
import { openParquet, type ParquetFile } from '../parquet/read-parquet.js';
import type { RangedSource } from '../ports.js';
import type { FormatHints } from '../recognise.js';
import type { Source, SourceFacts } from './source.js';

export type OpenedSource = {
  readonly source: Source;
  /** The number of the source in the dataset, from 0. */
  readonly number: number;
  readonly facts: SourceFacts;
} & (
  { readonly kind: 'bytes'; readonly bytes: OpenedBytes } | { readonly kind: 'parquet'; readonly parquet: ParquetFile }
);

export interface OpenHints extends Omit<FormatHints, 'name'> {
  readonly columns?: readonly string[];
}

export async function openSource(
  source: Source,
  number: number,
  { columns, ...hints }: OpenHints,
  signal: AbortSignal,
): Promise<OpenedSource> {
  const named: FormatHints = { ...hints, name: source.name };
  const facts = await source.facts(signal);
  const asParquet = async (): Promise<OpenedSource> => {
    const parquet = await openParquet(rangesOf(source, facts), columns, signal);
    return { source, number, facts, kind: 'parquet', parquet };
  };
  if (isNamedParquet(named)) return asParquet();
  const stored = new ByteSource(source.stream(signal));
  try {
    // With a format of text, even such a file is read as text.
    if (hints.format === undefined && fileKind((await stored.peek(MAGIC_BYTES)).bytes, true) === 'parquet') {
      await stored.close();
      return await asParquet();
    }
  } catch (error) {
    await stored.close();
    throw error;
  }
  return { source, number, facts, kind: 'bytes', bytes: await openBytes(stored, named, signal) };
}

/** Behind its magic bytes, Parquet has bytes that no text has. */
const MAGIC_BYTES = 64;

export async function closeSource(opened: OpenedSource): Promise<void> {
  if (opened.kind === 'bytes') await opened.bytes.source.close();
}

export const formatOfOpened = (opened: OpenedSource): ItemFormat =>
  opened.kind === 'parquet' ? 'parquet' : opened.bytes.recognised.format;

function isNamedParquet({ name, format }: FormatHints): boolean {
  if (format !== undefined) return format === 'parquet';
  const byName = formatByName(name);
  return byName.kind === 'format' && byName.format === 'parquet' && !/\.(gz|zst)$/i.test(name);
}

function rangesOf(source: Source, { size }: SourceFacts): RangedSource {
  const { name, read } = source;
  if (read === undefined || size === undefined) {
    throw new UserError(
      `The dataset ${name === '-' ? 'of standard input' : name} is Parquet, which is read from its end, so it cannot come through a pipe. Save it to a file and give that.`,
    );
  }
  return { name, size, read };
}
