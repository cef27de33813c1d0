/**
 * Writes results as Parquet. The types of the columns are found in a first reading of all rows. The rows are then written in row groups of bounded
 * size, so that memory does not grow with the number of results.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ResultRow } from '../../../core/contract/result-row.js';
import type { FormSurvey, RowColumns, RowEncoder } from '../row-sink.js';
import { type ResultColumn, resultColumns, type RowShredder } from './columns.js';
import { writeChunk } from './leaf/write-chunk.js';
import { describeSchema, schemaElements } from './schema.js';

/** Larger groups save little space, and each is in memory as a whole. */
const GROUP_ROWS = 50_000;
/** The characters of the outputs and inputs of a group. Its values need several times as many bytes while they are written. */
const GROUP_CHARACTERS = 8 * 1024 * 1024;

export interface ParquetRequest {
  readonly columns: RowColumns;
  /** True when objects and arrays are written as JSON texts. */
  readonly jsonColumns?: boolean;
}

export interface ParquetSurvey extends FormSurvey {
  /** Describes the columns in a line, after all rows were seen. */
  describe(): string;
}

export function parquetSurvey({ columns, jsonColumns = false }: ParquetRequest): ParquetSurvey {
  const found = resultColumns(columns, !jsonColumns);
  return {
    look: (rows) => {
      for (const row of rows) for (const column of found) column.observe(row);
    },
    form: () => ({ encoder: () => new ParquetEncoder(found) }),
    describe: () => describeSchema(found),
  };
}

class ParquetEncoder implements RowEncoder {
  /** They hold the values of the group. The rows themselves are not kept. */
  readonly #columns: readonly RowShredder[];
  readonly #bytes = new GroupBytes();
  readonly #writer: ParquetWriter;
  #rows = 0;
  #characters = 0;

  constructor(columns: readonly ResultColumn[]) {
    this.#columns = columns.map((column) => column.begin());
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: schemaElements(columns),
      codec: 'SNAPPY',
      createdBy: 'spotpool',
    });
  }

  async encode(rows: readonly ResultRow[]): Promise<readonly Uint8Array[]> {
    for (const row of rows) {
      for (const column of this.#columns) column.add(row);
      this.#rows += 1;
      this.#characters += charactersOf(row);
      if (this.#rows >= GROUP_ROWS || this.#characters >= GROUP_CHARACTERS) this.#writeGroup();
    }
    return this.#bytes.take();
  }

  async end(): Promise<readonly Uint8Array[]> {
    if (this.#rows > 0) this.#writeGroup();
    await this.#writer.finish();
    return this.#bytes.take();
  }

  /** The library's own way takes rows apart itself, and needs an object for each value. So it gets the chunks, and writes the footer alone. */
  #writeGroup(): void {
    const start = this.#bytes.offset;
    const leaves = this.#columns.flatMap((column) => column.leaves);
    const written = leaves.map((leaf) => writeChunk(this.#bytes, leaf));
    const size = written.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    this.#writer.pendingIndexes.push(...written);
    this.#writer.row_groups.push({
      columns: written.map(({ chunk }) => chunk),
      total_byte_size: BigInt(size),
      num_rows: BigInt(this.#rows),
      total_compressed_size: BigInt(this.#bytes.offset - start),
    });
    this.#writer.num_rows += BigInt(this.#rows);
    for (const leaf of leaves) leaf.cut(0, 0);
    this.#rows = 0;
    this.#characters = 0;
  }
}

const charactersOf = (row: ResultRow): number =>
  (row.ok ? row.outputJson.length : row.error.message.length) + (row.inputJson?.length ?? 0);

/** Gives its bytes away after each row group. `offset` goes on, because the footer names places in the whole file. */
class GroupBytes extends ByteWriter {
  take(): readonly Uint8Array[] {
    if (this.index === 0) return [];
    const bytes = this.getBytes().slice();
    this.index = 0;
    return [bytes];
  }
}
