/**
 * Does what readers do: on each page, in an empty folder with spotpool installed, blocks that are `file=NAME` become files, shell blocks that are
 * `run` are run, and `results=NAME` says what a file holds by then.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allPages, type CodeBlock, codeBlocks, infoValue, type Page, readPage } from '../docs/pages.js';
import { cliEntry, projectRoot } from '../support/cli.js';

const execute = promisify(execFile);

const isRun = ({ info }: CodeBlock): boolean => info.includes('run');

/** Pages that go on where another page has ended: its files are there. */
const AFTER: Readonly<Record<string, string>> = { 'docs/how-to/failed-items.md': 'docs/start/tutorial.md' };

const runnable = allPages().filter((page) => codeBlocks(page).some(isRun));

async function writeFiles(page: Page, directory: string): Promise<void> {
  for (const block of codeBlocks(page)) {
    const name = infoValue(block, 'file');
    if (name === undefined) continue;
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, block.text);
  }
}

describe('what the documentation tells readers to do', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-docs-'));
    await mkdir(path.join(directory, 'node_modules/.bin'), { recursive: true });
    await symlink(projectRoot, path.join(directory, 'node_modules/spotpool'));
    await symlink(cliEntry, path.join(directory, 'node_modules/.bin/spotpool'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is run by some pages', () => {
    expect(runnable.map(({ name }) => name)).toEqual(expect.arrayContaining(['README.md', 'docs/start/tutorial.md']));
  });

  it.each(runnable)('works as $name says', async (page) => {
    const before = AFTER[page.name];
    if (before !== undefined) await writeFiles(readPage(before), directory);
    await writeFiles(page, directory);
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? directory,
      SPOTPOOL_HOME: path.join(directory, '.state'),
    };
    for (const block of codeBlocks(page)) {
      if (isRun(block)) await execute('sh', ['-e', '-c', block.text], { cwd: directory, env });
      const results = infoValue(block, 'results');
      if (results !== undefined) expect(await readFile(path.join(directory, results), 'utf8')).toBe(block.text);
    }
  });
});
