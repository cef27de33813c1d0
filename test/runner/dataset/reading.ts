/** Reads whole datasets from memory, for tests of the readers. */
import { decodeInputLine } from '../../../core/contract/input-line.js';
import type { ItemGroup } from '../../../runner/dataset/item-group.js';

export async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}

/** Cuts the bytes at the given offsets. */
export async function* chunksAt(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...cuts, bytes.length].map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b);
  let at = 0;
  for (const place of places) {
    if (place > at) yield bytes.slice(at, place);
    at = Math.max(at, place);
  }
}

/** The uploaded lines, checked against the ends that the groups state. */
export async function linesOf(groups: AsyncIterable<ItemGroup>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { bytes, ends } of groups) {
    let start = 0;
    for (const end of ends) {
      const line = bytes.toString('utf8', start, end);
      if (!line.endsWith('\n') || line.indexOf('\n') !== line.length - 1) throw new Error(`not one line: ${line}`);
      lines.push(line.slice(0, -1));
      start = end;
    }
    if (start !== bytes.length) throw new Error('bytes after the last line');
  }
  return lines;
}

/** The values of items, and `bad: message` for unreadable lines. */
export async function itemsOf(groups: AsyncIterable<ItemGroup>): Promise<unknown[]> {
  return (await linesOf(groups)).map((line) => {
    const input = decodeInputLine(line);
    return input.kind === 'item' ? (JSON.parse(input.json) as unknown) : `bad: ${input.error.message}`;
  });
}
