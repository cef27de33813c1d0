/** Opens the columns of a row group, after what the footer says about them is checked. */
import type { ColumnChunk, ColumnMetaData, RowGroup } from 'hyparquet';
import { UserError } from '../../errors.js';
import type { RangedSource } from '../ports.js';
import { type ByteRange, openChunks } from './chunk-bytes.js';
import { isReadCodec } from './decompress.js';
import { columnName, damaged, statedCount } from './faults.js';
import { LeafCursor } from './leaf-cursor.js';
import { type LeafNode, leafNodes, type Member } from './nodes.js';
import { ColumnPages } from './pages.js';
import type { Field } from './schema.js';

export async function openCursors(
  source: RangedSource,
  members: readonly Member[],
  group: RowGroup,
  signal: AbortSignal,
): Promise<ReadonlyMap<Field, LeafCursor>> {
  const chunks = members.flatMap(({ node }) => leafNodes(node)).map((leaf) => chunkOf(source, group, leaf));
  const ranges = chunks.map(({ range }) => range);
  const bytes = await openChunks(source, ranges, signal);
  return new Map(
    chunks.map(({ leaf: { field, type }, meta }, n) => {
      const chunk = bytes[n];
      if (chunk === undefined) throw new Error(`the column ${columnName(field.path)} was not fetched`);
      return [field, new LeafCursor(field, type, new ColumnPages(source.name, field, meta, chunk))];
    }),
  );
}

interface Chunk {
  readonly leaf: LeafNode;
  readonly meta: ColumnMetaData;
  readonly range: ByteRange;
}

function chunkOf({ name, size }: RangedSource, group: RowGroup, leaf: LeafNode): Chunk {
  const { field } = leaf;
  const column = columnName(field.path);
  const chunk = group.columns[field.leaf ?? 0];
  if (chunk === undefined) throw damaged(name, `a row group lacks its column ${column}`);
  const meta = readableMeta(name, column, chunk);
  if (meta.type !== field.element.type)
    throw damaged(name, `its column ${column} has another type in a row group than in the schema`);
  const values = statedCount(name, `number of values of the column ${column}`, meta.num_values);
  if (field.repetition === 0 && values !== Number(group.num_rows)) {
    throw damaged(name, `its column ${column} has ${values} values in a row group of ${group.num_rows} rows`);
  }
  const data = statedCount(name, `place of the column ${column}`, meta.data_page_offset);
  const dictionary = Number(meta.dictionary_page_offset ?? 0n);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const end = start + statedCount(name, `size of the column ${column}`, meta.total_compressed_size);
  if (end > size)
    throw damaged(name, `its column ${column} ends at byte ${end}, and the file has ${size}. It may be cut off`);
  return { leaf, meta, range: { start, end } };
}

function readableMeta(
  name: string,
  column: string,
  { meta_data: meta, crypto_metadata: crypto, file_path: path }: ColumnChunk,
): ColumnMetaData {
  if (crypto !== undefined) {
    throw new UserError(
      `The column ${column} of the Parquet file ${name} is encrypted, and spotpool has no keys. Write the file again without encryption, or choose other columns with --columns.`,
    );
  }
  if (path !== undefined && path !== '') {
    throw new UserError(
      `The Parquet file ${name} keeps its column ${column} in another file (${path}), which spotpool does not read. Write it again as one file.`,
    );
  }
  if (meta === undefined) throw damaged(name, `its column ${column} has no metadata`);
  if (!isReadCodec(meta.codec)) {
    throw new UserError(
      `The column ${column} of the Parquet file ${name} has the compression ${meta.codec ?? 'of an unknown number'}, which spotpool does not read. Write it again with Zstandard or Snappy.`,
    );
  }
  return meta;
}
