import { expect, it, onTestFinished, vi } from 'vitest';
import { LineWriter } from '../../../worker/events/line-writer.js';

function writer(waitingBytes = 0): { readonly lines: LineWriter; readonly writes: string[] } {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const writes: string[] = [];
  return { lines: new LineWriter({ write: (text) => writes.push(text), waitingBytes: () => waitingBytes }), writes };
}

it('writes the lines of a moment together, and the rest at the end', () => {
  const { lines, writes } = writer();
  lines.write('a');
  lines.write('b');
  expect(writes).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(writes).toEqual(['a\nb\n']);
  lines.write('c');
  lines.flush();
  vi.advanceTimersByTime(100);
  expect(writes).toEqual(['a\nb\n', 'c\n']);
});

it('drops lines while nobody reads', () => {
  const { lines, writes } = writer(8 * 1024 * 1024);
  lines.write('a');
  lines.flush();
  expect(writes).toEqual([]);
});
