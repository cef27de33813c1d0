import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeOutputLine, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import { encodeResultRow, type ResultRow } from '../../../core/contract/result-row.js';
import { rowsOf } from '../../../runner/results/rows.js';

async function read(
  lines: string,
  cuts: readonly number[],
  firstIndex: number,
): Promise<readonly (readonly ResultRow[])[]> {
  const bytes = Buffer.from(lines);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const chunks = ends.map((end, n) => bytes.subarray(ends[n - 1] ?? 0, end));
  const planned = { firstIndex, items: 0 };
  const batches: (readonly ResultRow[])[] = [];
  for await (const rows of rowsOf({ planned, bytes: () => chunks })) batches.push(rows);
  return batches;
}

const outputs = fc.array(
  fc.oneof(
    fc.json().map((json) => ({ ok: true as const, json })),
    fc.constant({ ok: true as const, json: '{"n":1.0,"big":123456789012345678901,"e":1e400}' }),
    fc.record({ ok: fc.constant(false as const), code: fc.string(), message: fc.string({ unit: 'binary' }) }),
  ),
  { maxLength: 30 },
);

describe('the rows of an outcome', () => {
  it('are written as the very lines that the outcome has, however its bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(outputs, fc.array(fc.nat(), { maxLength: 5 }), fc.nat(1_000), async (items, cuts, first) => {
        const lines = items
          .map((item, n) =>
            item.ok ? encodeOutputLine(first + n, item.json) : encodeResultLine(failedLine(first + n, item)),
          )
          .join('');
        const rows = (await read(lines, cuts, first)).flat();
        expect(rows.map((row) => encodeResultRow(row)).join('')).toBe(lines);
      }),
    );
  });

  it('come in the same bounded batches, whatever chunks the network makes', async () => {
    const line = (index: number): string => encodeOutputLine(index, JSON.stringify('x'.repeat(index % 3_000)));
    const lines = Array.from({ length: 5_000 }, (_, index) => line(index)).join('');
    const sizes = async (cuts: readonly number[]): Promise<readonly number[]> =>
      (await read(lines, cuts, 0)).map((rows) => rows.length);
    const whole = await sizes([]);
    expect(Math.max(...whole)).toBeLessThanOrEqual(1_000);
    expect(whole.length).toBeGreaterThan(5);
    expect(await sizes(Array.from({ length: 400 }, (_, n) => n * 7_919))).toEqual(whole);
  });
});
