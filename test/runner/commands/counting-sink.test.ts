import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeResultLine, failedLine, type ResultLine } from '../../../core/result-line.js';
import { CountingSink } from '../../../runner/commands/counting-sink.js';

describe('a counting sink', () => {
  it('passes all on, and counts every failure by its code, however the bytes are cut', async () => {
    const line = fc.oneof(
      fc.record({ index: fc.nat(), ok: fc.constant(true as const), output: fc.jsonValue() }),
      fc
        .tuple(fc.nat(), fc.constantFrom('A', 'B'), fc.string())
        .map(([index, code, message]) => failedLine(index, { code, message })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.integer({ min: 1, max: 50 })), async (lines, cuts) => {
        const text = Buffer.from((lines as ResultLine[]).map(encodeResultLine).join(''));
        const passed: Uint8Array[] = [];
        const inner = {
          write: async (bytes: Uint8Array) => void passed.push(bytes),
          finish: async () => undefined,
          discard: async () => undefined,
        };
        const sink = new CountingSink(inner);
        let start = 0;
        for (const cut of [...cuts, text.length]) {
          await sink.write(text.subarray(start, start + cut));
          start += cut;
        }
        expect(Buffer.concat(passed)).toEqual(text);
        const expected = (code: string): number => lines.filter((one) => !one.ok && one.error.code === code).length;
        const counted = new Map(sink.errors().map(({ code, count }) => [code, count]));
        expect([counted.get('A') ?? 0, counted.get('B') ?? 0]).toEqual([expected('A'), expected('B')]);
      }),
    );
  });
});
