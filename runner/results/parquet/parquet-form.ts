/**
 * Writes results as Parquet. The types of the columns are found in a first reading of all rows. The rows are then written in row groups of bounded
 * size, so that memory does not grow with the number of results.
 */
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import type { ResultRow } from '../../../core/contract/result-row.js';
import type { FormSurvey, RowColumns, RowEncoder } from '../row-sink.js';
import { type ResultColumn, resultColumns } from './columns.js';
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
  readonly #columns: readonly ResultColumn[];
  readonly #bytes = new GroupBytes();
  readonly #writer: ParquetWriter;
  /** The values of the group by column. The rows themselves are not kept. */
  #values: unknown[][];
  #rows = 0;
  #characters = 0;

  constructor(columns: readonly ResultColumn[]) {
    this.#columns = columns;
    this.#values = columns.map(() => []);
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: schemaElements(columns),
      codec: 'SNAPPY',
      createdBy: 'spotpool',
    });
  }

  async encode(rows: readonly ResultRow[]): Promise<readonly Uint8Array[]> {
    for (const row of rows) {
      for (const [n, column] of this.#columns.entries()) this.#values[n]?.push(column.read(row));
      this.#rows += 1;
      this.#characters += charactersOf(row);
      if (this.#rows >= GROUP_ROWS || this.#characters >= GROUP_CHARACTERS) await this.#writeGroup();
    }
    return this.#bytes.take();
  }

  async end(): Promise<readonly Uint8Array[]> {
    if (this.#rows > 0) await this.#writeGroup();
    await this.#writer.finish();
    return this.#bytes.take();
  }

  async #writeGroup(): Promise<void> {
    const columnData: ColumnSource[] = this.#columns.map((column, n) => ({
      name: column.name,
      data: this.#values[n] ?? [],
      // A dictionary takes -0.0 for 0.0.
      ...(column.shape.hasMinusZero ? { encoding: 'PLAIN' as const } : {}),
    }));
    await this.#writer.write({ columnData, rowGroupSize: this.#rows });
    this.#values = this.#columns.map(() => []);
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
