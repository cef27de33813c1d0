/**
 * Reads the pages of one column of a row group, one after another. Every number of a page's header is checked before memory is reserved for what it states.
 * https://parquet.apache.org/docs/file-format/data-pages/
 */
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { UserError } from '../../errors.js';
import type { ChunkBytes } from './chunk-bytes.js';
import { decompress, ownBytes } from './decompress.js';
import { asDamaged, columnName, damaged, statedCount } from './faults.js';
import { dictionaryNumbers, plainValues, type RawValues } from './page-values.js';
import { readRuns, widthOf } from './run-lengths.js';
import type { Field } from './schema.js';
import { endOfStruct, StructTooShort } from './thrift-bounds.js';

export interface Page {
  /** The number of values and nulls. */
  readonly entries: number;
  /** Undefined when every entry has a value. */
  readonly definitions: Uint8Array | undefined;
  /** Undefined when the column is in no list. */
  readonly repetitions: Uint8Array | undefined;
  readonly values: RawValues;
  /** True when `values` are numbers of dictionary entries. */
  readonly numbered: boolean;
}

type PageOrDictionary =
  { readonly kind: 'page'; readonly page: Page } | { readonly kind: 'dictionary'; readonly values: RawValues };

/** Most headers have less than 100 bytes. Their statistics may hold long texts. */
const HEADER_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
/** Writers cut pages at 1 MB. A value that is longer has a page of its own. */
const MAX_PAGE_BYTES = 256 * 1024 * 1024;
/** A page of a million nulls has a few bytes, so the size of a page does not bound its values. */
const MAX_PAGE_ENTRIES = 16 * 1024 * 1024;

type DataHeader = NonNullable<PageHeader['data_page_header']>;
type DataHeaderV2 = NonNullable<PageHeader['data_page_header_v2']>;

export class ColumnPages {
  readonly name: string;
  readonly #field: Field;
  readonly #meta: ColumnMetaData;
  readonly #bytes: ChunkBytes;
  #left: number;

  constructor(name: string, field: Field, meta: ColumnMetaData, bytes: ChunkBytes) {
    this.name = name;
    this.#field = field;
    this.#meta = meta;
    this.#bytes = bytes;
    this.#left = statedCount(name, 'number of values', meta.num_values);
  }

  /** The entries that were not read yet. */
  get left(): number {
    return this.#left;
  }

  get where(): string {
    return `its column ${columnName(this.#field.path)}`;
  }

  /** Returns the next page, or undefined at the end of the column. */
  async next(): Promise<PageOrDictionary | undefined> {
    while (this.#left > 0) {
      const header = await this.#header();
      const size = this.#sizeOf('page size', header.compressed_page_size, this.#bytes.left);
      const unpackedSize = this.#sizeOf('page size', header.uncompressed_page_size, Infinity);
      if (unpackedSize > MAX_PAGE_BYTES) throw tooLarge(this.name, this.where, unpackedSize);
      const packed = await this.#bytes.take(size);
      const read = this.#decode(header, packed, unpackedSize);
      if (read === undefined) continue;
      if (read.kind === 'page') this.#left -= read.page.entries;
      return read;
    }
    return undefined;
  }

  async #header(): Promise<PageHeader> {
    for (let bytes = HEADER_BYTES; ; bytes = Math.min(bytes * 16, MAX_HEADER_BYTES)) {
      if (this.#bytes.left === 0) throw damaged(this.name, `${this.where} has fewer values than the footer says`);
      const held = await this.#bytes.peek(bytes);
      const isLast = held.length >= this.#bytes.left || bytes === MAX_HEADER_BYTES;
      const found = this.#headerIn(held, isLast);
      if (found === undefined) continue;
      await this.#bytes.take(found.end);
      return found.header;
    }
  }

  /** Returns undefined when the header is longer than the bytes. */
  #headerIn(held: Uint8Array, isLast: boolean): { readonly header: PageHeader; readonly end: number } | undefined {
    try {
      const end = endOfStruct(held, 0);
      return { end, header: parquetHeader({ view: new DataView(held.buffer, held.byteOffset, end), offset: 0 }) };
    } catch (error) {
      if (error instanceof StructTooShort && !isLast) return undefined;
      throw asDamaged(this.name, this.where, error);
    }
  }

  #sizeOf(what: string, value: unknown, most: number): number {
    const size = statedCount(this.name, `${what} in ${this.where}`, value);
    if (size > most) throw damaged(this.name, `${this.where} ends within a page`);
    return size;
  }

  #decode(header: PageHeader, packed: Uint8Array, size: number): PageOrDictionary | undefined {
    if (typeof header.crc === 'number' && crc32(packed) !== header.crc >>> 0) {
      throw damaged(this.name, `${this.where} has a page with a wrong checksum`);
    }
    try {
      return this.#decodePage(header, packed, size);
    } catch (error) {
      throw asDamaged(this.name, this.where, error);
    }
  }

  #decodePage(header: PageHeader, packed: Uint8Array, size: number): PageOrDictionary | undefined {
    switch (header.type) {
      case 'DICTIONARY_PAGE': {
        const page = decompress(this.#meta.codec, packed, size);
        const count = statedCount(this.name, 'size of a dictionary', header.dictionary_page_header?.num_values);
        return { kind: 'dictionary', values: this.#plain({ encoding: 'PLAIN', page, offset: 0, count }) };
      }
      case 'DATA_PAGE':
        if (header.data_page_header !== undefined) {
          return {
            kind: 'page',
            page: this.#dataPage(header.data_page_header, decompress(this.#meta.codec, packed, size)),
          };
        }
        break;
      case 'DATA_PAGE_V2':
        if (header.data_page_header_v2 !== undefined) {
          return { kind: 'page', page: this.#dataPageV2(header.data_page_header_v2, packed, size) };
        }
        break;
      case 'INDEX_PAGE':
        return undefined;
    }
    throw new Error('a page has no valid header');
  }

  #dataPage(header: DataHeader, page: Uint8Array<ArrayBuffer>): Page {
    const { num_values: stated, encoding } = header;
    const { repetition, definition } = this.#field;
    const isOld =
      (repetition > 0 && header.repetition_level_encoding === 'BIT_PACKED') ||
      (definition > 0 && header.definition_level_encoding === 'BIT_PACKED');
    if (isOld) throw new Error('its levels have the encoding BIT_PACKED');
    const entries = this.#entries(stated);
    const view = new DataView(page.buffer);
    let offset = 0;
    const levels = (most: number): Uint8Array | undefined => {
      if (most === 0) return undefined;
      const length = view.getUint32(offset, true);
      const start = offset + 4;
      offset = start + length;
      if (offset > page.length) throw new Error('its levels are not whole');
      return levelsIn(page, start, offset, most, entries);
    };
    const repetitions = levels(repetition);
    const definitions = levels(definition);
    return this.#page({ entries, definitions, repetitions, encoding, page, offset });
  }

  #dataPageV2(header: DataHeaderV2, packed: Uint8Array, size: number): Page {
    const entries = this.#entries(header.num_values);
    const { repetition, definition } = this.#field;
    const repetitionEnd = this.#sizeOf('size of levels', header.repetition_levels_byte_length, packed.length);
    const definitionBytes = this.#sizeOf(
      'size of levels',
      header.definition_levels_byte_length,
      packed.length - repetitionEnd,
    );
    const offset = repetitionEnd + definitionBytes;
    if (offset > size) throw new Error('its levels are longer than the page');
    const repetitions = repetition === 0 ? undefined : levelsIn(packed, 0, repetitionEnd, repetition, entries);
    const definitions = definition === 0 ? undefined : levelsIn(packed, repetitionEnd, offset, definition, entries);
    const rest = packed.subarray(offset);
    const isPacked = header.is_compressed !== false && rest.length > 0;
    const page = isPacked ? decompress(this.#meta.codec, rest, size - offset) : ownBytes(rest);
    return this.#page({ entries, definitions, repetitions, encoding: header.encoding, page, offset: 0 });
  }

  #entries(stated: unknown): number {
    const entries = statedCount(this.name, `number of values in ${this.where}`, stated);
    if (entries > this.#left) throw damaged(this.name, `${this.where} has more values than the footer says`);
    if (entries > MAX_PAGE_ENTRIES) throw tooLarge(this.name, this.where, entries);
    return entries;
  }

  #page(
    read: Omit<Page, 'values' | 'numbered'> & { encoding: string; page: Uint8Array<ArrayBuffer>; offset: number },
  ): Page {
    const { entries, repetitions, encoding, page, offset } = read;
    const count = read.definitions === undefined ? entries : countOf(read.definitions, this.#field.definition);
    const definitions = count === entries ? undefined : read.definitions;
    const encoded = { encoding, page, offset, count };
    const numbered = encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY';
    const values = numbered ? dictionaryNumbers(encoded) : this.#plain(encoded);
    return { entries, definitions, repetitions, values, numbered };
  }

  #plain(encoded: Parameters<typeof plainValues>[0]): RawValues {
    return plainValues(encoded, this.#meta.type, this.#field.element.type_length);
  }
}

function levelsIn(bytes: Uint8Array, start: number, end: number, most: number, entries: number): Uint8Array {
  const levels = new Uint8Array(entries);
  readRuns(bytes, start, end, widthOf(most), levels);
  // Damaged bits may say more than the schema has levels.
  for (const level of levels) if (level > most) throw new Error(`its levels go beyond ${most}`);
  return levels;
}

function countOf(levels: Uint8Array, wanted: number): number {
  let count = 0;
  for (const level of levels) if (level === wanted) count += 1;
  return count;
}

const tooLarge = (name: string, where: string, size: number): UserError =>
  new UserError(
    `The Parquet file ${name} cannot be read: ${where} has a page of ${size} bytes or values, and spotpool reads up to ${MAX_PAGE_BYTES} bytes and ${MAX_PAGE_ENTRIES} values. Write it again with smaller pages, or leave the column out with --columns.`,
  );
