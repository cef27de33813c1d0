/** Writes a leaf column of a row group as a column chunk: a dictionary where it pays, and pages of version 2. */
import type { ColumnChunk, Encoding, OffsetIndex } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { widthOf } from '../../../dataset/parquet/run-lengths.js';
import type { Leaf } from './leaf.js';
import type { EncodedValues } from './values.js';

/** Readers take a page as a whole, and pass over pages that they do not need. */
const PAGE_BYTES = 1024 * 1024;

export interface WrittenChunk {
  readonly chunk: ColumnChunk;
  readonly offsetIndex: OffsetIndex;
  readonly uncompressedSize: number;
}

interface Page {
  /** Entries and values from here, up to the next page. */
  readonly entries: readonly [from: number, to: number];
  readonly values: readonly [from: number, to: number];
  readonly rows: number;
}

export function writeChunk(writer: ByteWriter, leaf: Leaf): WrittenChunk {
  const start = writer.offset;
  const encoded = leaf.values.encode();
  const { encoding, dictionary, bounds } = encoded;
  let uncompressedSize = dictionary === undefined ? 0 : writeDictionary(writer, dictionary);
  const firstPage = writer.offset;
  const pageLocations: OffsetIndex['page_locations'] = [];
  let row = 0;
  for (const page of pagesOf(leaf, encoded.bytes)) {
    const offset = writer.offset;
    uncompressedSize += writePage(writer, leaf, encoded, page);
    pageLocations.push({
      offset: BigInt(offset),
      compressed_page_size: writer.offset - offset,
      first_row_index: BigInt(row),
    });
    row += page.rows;
  }
  const encodings: Encoding[] = dictionary === undefined ? [encoding] : ['PLAIN', encoding];
  const chunk: ColumnChunk = {
    file_offset: BigInt(start),
    meta_data: {
      type: leaf.values.type,
      encodings,
      path_in_schema: [...leaf.place.path],
      codec: 'SNAPPY',
      num_values: BigInt(leaf.entries),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(uncompressedSize),
      data_page_offset: BigInt(firstPage),
      ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(start) }),
      statistics: { ...bounds, null_count: BigInt(leaf.entries - leaf.values.length) },
      encoding_stats: [
        ...(dictionary === undefined
          ? []
          : [{ page_type: 'DICTIONARY_PAGE' as const, encoding: 'PLAIN' as const, count: 1 }]),
        { page_type: 'DATA_PAGE_V2', encoding, count: pageLocations.length },
      ],
    },
  };
  return { chunk, offsetIndex: { page_locations: pageLocations }, uncompressedSize };
}

/** Returns the size before compression, with the header. */
function writeDictionary(writer: ByteWriter, { bytes, count }: NonNullable<EncodedValues['dictionary']>): number {
  const compressed = snappyCompress(bytes);
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: bytes.length,
    compressed_page_size: compressed.length,
    dictionary_page_header: { num_values: count, encoding: 'PLAIN' },
  });
  const headerSize = writer.offset - start;
  writer.appendBytes(compressed);
  return headerSize + bytes.length;
}

/** A page begins with a row. */
function* pagesOf(leaf: Leaf, bytes: number): Generator<Page> {
  const { definitions, repetitions, entries } = leaf;
  const { maxDefinition, maxRepetition } = leaf.place;
  const most = Math.max(1, Math.floor((entries * PAGE_BYTES) / Math.max(bytes, PAGE_BYTES)));
  let [from, valuesFrom] = [0, 0];
  while (from < entries) {
    let to = Math.min(from + most, entries);
    while (maxRepetition > 0 && to < entries && repetitions[to] !== 0) to += 1;
    const values = maxDefinition === 0 ? to - from : count(definitions, maxDefinition, from, to);
    const rows = maxRepetition === 0 ? to - from : count(repetitions, 0, from, to);
    yield { entries: [from, to], values: [valuesFrom, valuesFrom + values], rows };
    from = to;
    valuesFrom += values;
  }
}

function count(levels: Uint8Array, level: number, from: number, to: number): number {
  let found = 0;
  for (let n = from; n < to; n += 1) if (levels[n] === level) found += 1;
  return found;
}

/** Returns the size before compression, with the header. Levels are not compressed. */
function writePage(
  writer: ByteWriter,
  leaf: Leaf,
  encoded: EncodedValues,
  { entries: [from, to], values: [valuesFrom, valuesTo], rows }: Page,
): number {
  const { maxDefinition, maxRepetition } = leaf.place;
  const levels = new ByteWriter();
  const repetitionBytes = writeLevels(levels, leaf.repetitions.subarray(from, to), maxRepetition);
  const definitionBytes = writeLevels(levels, leaf.definitions.subarray(from, to), maxDefinition);
  const plain = encoded.page(valuesFrom, valuesTo);
  const compressed = snappyCompress(plain);
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels.index + plain.length,
    compressed_page_size: levels.index + compressed.length,
    data_page_header_v2: {
      num_values: to - from,
      num_nulls: to - from - (valuesTo - valuesFrom),
      num_rows: rows,
      encoding: encoded.encoding,
      definition_levels_byte_length: definitionBytes,
      repetition_levels_byte_length: repetitionBytes,
      is_compressed: true,
    },
  });
  const headerSize = writer.offset - start;
  writer.appendBytes(levels.getBytes());
  writer.appendBytes(compressed);
  return headerSize + levels.index + plain.length;
}

/** A column without such levels has none in its pages. */
const writeLevels = (writer: ByteWriter, levels: Uint8Array, most: number): number =>
  most === 0 ? 0 : writeRleBitPackedHybrid(writer, levels, widthOf(most));
