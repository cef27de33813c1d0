/** Parquet files in memory, for tests of their reader. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { openParquet, type ParquetOptions, readParquet } from '../../../../runner/dataset/parquet/read-parquet.js';
import type { RangedSource } from '../../../../runner/dataset/ports.js';
import { linesOf } from '../reading.js';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');

export const fixture = (name: string): Buffer => readFileSync(path.join(FIXTURES, name));

export interface MemorySource extends RangedSource {
  /** The ranges that were read. */
  readonly reads: [number, number][];
}

export function memorySource(name: string, bytes: Uint8Array = fixture(name)): MemorySource {
  const reads: [number, number][] = [];
  return {
    name,
    size: bytes.length,
    reads,
    read: async (start, end) => {
      reads.push([start, end]);
      return bytes.subarray(start, end);
    },
  };
}

export const never = new AbortController().signal;

export async function linesOfParquet(
  source: RangedSource,
  options: Partial<ParquetOptions> = {},
): Promise<readonly string[]> {
  const file = await openParquet(source, options.columns, never);
  return linesOf(readParquet(file, { name: source.name, strict: false, ...options }, never));
}

export type Written = ConstructorParameters<typeof ParquetWriter>[0]['schema'];

/** Writes files that pyarrow refuses to write. */
export async function written(schema: Written, name: string, data: readonly unknown[]): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema, codec: 'UNCOMPRESSED' });
  await parquet.write({ columnData: [{ name, data: [...data] }] });
  await parquet.finish();
  return new Uint8Array(writer.getBuffer());
}
