import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeImages } from '../../../bench/throughput/lab/images.js';
import { busyOf, checkedOutputs } from '../../../bench/throughput/lab/outcomes.js';
import { limitOf, percentile } from '../../../bench/throughput/lab/figures.js';
import { pageOf, summaryOf } from '../../../bench/throughput/page.js';
import type { Section } from '../../../bench/support/section.js';

const output = (startMs: number, endMs: number, pid = 1) => ({ startMs, endMs, pid });
const line = (index: number) => ({ index, ok: true as const, output: output(index, index + 1) });

test('utilisation is what was computed over what all slots had', () => {
  const busy = busyOf([output(100, 150), output(175, 200), output(100, 200, 2)]);
  expect(busy).toEqual({ wallMs: 100, computeMs: 175, utilisation: 0.875 });
});

test('a missing, repeated or failed result fails the benchmark', () => {
  expect(checkedOutputs([line(1), line(0)], 2)).toEqual([output(0, 1), output(1, 2)]);
  expect(() => checkedOutputs([line(0)], 2)).toThrow(/1 results for 2 items/);
  expect(() => checkedOutputs([line(1)], 2)).toThrow(/1 results for 2 items/);
  expect(() => checkedOutputs([line(0), line(0)], 1)).toThrow(/two results/);
  const failed = { index: 0, ok: false as const, error: { code: 'X', message: 'no' } };
  expect(() => checkedOutputs([failed], 1)).toThrow(/Item 0 failed: no/);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 200 }, (_, n) => n + 1);
  expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([100, 198, 200]);
  expect(percentile([7], 0.99)).toBe(7);
});

test('the limit of downloads is the slowest of a few at once, and the share of a lane of many', () => {
  expect(limitOf([1, 5, 3, 3], { count: 2, atOnce: 16 })).toBe(4);
  expect(limitOf([10, 20, 30], { count: 160, atOnce: 16 })).toBe(200);
});

test('the images are read as what they were made from, each another', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'spotpool-images-'));
  try {
    const files = writeImages(directory, 3);
    const { predict } = (await import(path.resolve('bench/throughput/models/images.mjs'))) as {
      predict: (paths: readonly string[]) => readonly { readonly value: number }[];
    };
    const values = predict(files).map(({ value }) => value);
    expect(new Set(values).size).toBe(3);
    // 128 × 128 pixels around a grey of 131.
    for (const value of values) expect(value / 128 ** 2 - 131).toBeLessThan(20);
    expect(predict(files).map(({ value }) => value)).toEqual(values);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

const section = (title: string, isMet: boolean): Section => ({
  title,
  how: 'So it was measured.',
  header: ['', 'ms'],
  rows: [['ours', '1']],
  targets: [{ wanted: 'under 1 ms', measured: '2 ms', isMet }],
  notes: ['Because.'],
});

test('the page counts the targets, lists those that are missed, and says when a run was quick', () => {
  const sections = [section('A', true), section('B', false)];
  expect(summaryOf(sections)).toBe('1 of 2 targets are met. Missed:\n\n- B: under 1 ms: 2 ms');
  const page = pageOf(sections, { machine: 'a machine', isQuick: true, rounds: 2 });
  expect(page).toMatch(/a machine\. \*\*Quick/);
  expect(page).toContain('of 2 repetitions');
  expect(page).toContain('| ours | 1 |');
  expect(page).toContain('✗ MISSED: under 1 ms: 2 ms');
  expect(page).toContain('Because.');
  expect(page).toContain('## Not measured');
  expect(pageOf(sections, { machine: 'a machine', isQuick: false, rounds: 5 })).not.toContain('uick');
});
