import { expect, it } from 'vitest';
import { findSilent, SILENT_AFTER_MS } from '../../../core/pool/silent-workers.js';

it('finds instances that run and whose worker wrote no status for three minutes', () => {
  const heardAtMs = new Map([
    ['i-hangs', 0],
    ['i-works', 100_000],
    ['i-ended', 0],
  ]);
  const atMs = SILENT_AFTER_MS + 1_000;
  expect(findSilent(['i-hangs', 'i-works', 'i-boots'], { heardAtMs, atMs })).toEqual([
    { instance: 'i-hangs', silentForMs: atMs },
  ]);
  expect(findSilent(['i-hangs'], { heardAtMs, atMs: SILENT_AFTER_MS })).toEqual([]);
});
