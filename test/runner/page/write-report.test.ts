import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UserError } from '../../../runner/errors.js';
import { requireReportTarget, writeReport } from '../../../runner/page/write-report.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-report-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const target = (force = false): { readonly file: string; readonly force: boolean } => ({
  file: path.join(directory, 'herg.html'),
  force,
});

it('writes a report and leaves nothing beside it', async () => {
  await requireReportTarget(target(), '--out');
  await writeReport('<p>', target(), '--out');
  expect(await readFile(target().file, 'utf8')).toBe('<p>');
  expect(await readdir(directory)).toEqual(['herg.html']);
});

it('never replaces a file unasked (R15)', async () => {
  await writeFile(target().file, 'mine');
  const refusal = new UserError(
    `${target().file} exists already. Name another file with --out, or replace it with --force.`,
  );
  await expect(requireReportTarget(target(), '--out')).rejects.toThrow(refusal);
  await expect(writeReport('<p>', target(), '--out')).rejects.toThrow(refusal);
  expect(await readFile(target().file, 'utf8')).toBe('mine');
  expect(await readdir(directory)).toEqual(['herg.html']);
});

it('replaces a file with --force', async () => {
  await writeFile(target().file, 'mine');
  await requireReportTarget(target(true), '--out');
  await writeReport('<p>', target(true), '--out');
  expect(await readFile(target().file, 'utf8')).toBe('<p>');
});

it('makes the folder of a report, and refuses a folder as the report', async () => {
  const inFolder = { file: path.join(directory, 'reports/2026/herg.html'), force: false };
  await requireReportTarget(inFolder, '--report');
  await writeReport('<p>', inFolder, '--report');
  expect(await readFile(inFolder.file, 'utf8')).toBe('<p>');
  await mkdir(path.join(directory, 'folder.html'));
  await expect(
    requireReportTarget({ file: path.join(directory, 'folder.html'), force: true }, '--report'),
  ).rejects.toThrow('is a folder. Name a file with --report.');
});
