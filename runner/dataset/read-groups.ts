/** Feeds the bytes of a file to the reader of its format, and gives the groups of items as soon as they are full. */
import type { ItemGroup, ItemGroupBuilder } from './item-group.js';

export interface GroupReader {
  readonly builder: ItemGroupBuilder;
  push(chunk: Buffer): void;
  /** Takes what is left when the file has ended. */
  end(): void;
}

export async function* readGroups(chunks: AsyncIterable<Buffer>, reader: GroupReader): AsyncGenerator<ItemGroup> {
  const { builder } = reader;
  for await (const chunk of chunks) {
    reader.push(chunk);
    if (builder.done) break;
    const group = builder.full ? builder.take() : undefined;
    if (group !== undefined) yield group;
  }
  reader.end();
  const last = builder.take();
  if (last !== undefined) yield last;
}
