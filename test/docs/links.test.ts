import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { allPages, anchors, links, type Page, readPage } from './pages.js';

const isAddress = (target: string): boolean => /^[a-z]+:/i.test(target);

/** The reason why a link leads nowhere; undefined when it leads to a file and, where it names one, to a heading. */
function troubleOf(page: Page, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const name = file === '' ? page.name : path.join(path.dirname(page.name), file);
  if (!existsSync(path.join(projectRoot, name))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (statSync(path.join(projectRoot, name)).isDirectory()) return 'a folder has no headings';
  return anchors(readPage(name)).has(anchor) ? undefined : 'the page has no such heading';
}

test.each(allPages())('every link of $name leads to a file and a heading', (page) => {
  const broken = links(page)
    .filter(({ target }) => !isAddress(target))
    .flatMap(({ target, line }) => {
      const trouble = troubleOf(page, target);
      return trouble === undefined ? [] : [`line ${line}: ${target}: ${trouble}`];
    });
  expect(broken).toEqual([]);
});

const FOLDERS = 'aws|bench|core|docs|emulator|examples|infra|local|runner|scripts|test|worker';
const NAMED_FILE = new RegExp(`\`((?:${FOLDERS})/[\\w./-]+)\``, 'g');

/** Reports and the changelog may name files of older versions. */
const current = allPages().filter(({ name }) => !name.startsWith('docs/reports/') && name !== 'CHANGELOG.md');

test.each(current)('every file of the project that $name names is there', ({ text }) => {
  const named = [...text.matchAll(NAMED_FILE)].map(({ 1: file = '' }) => file);
  expect(named.filter((file) => !existsSync(path.join(projectRoot, file)))).toEqual([]);
});

test('the index of the documentation names every page', () => {
  const index = readPage('docs/README.md');
  const named = new Set(links(index).map(({ target }) => path.join('docs', target.split('#')[0] ?? '')));
  const pages = allPages().filter(({ name }) =>
    /^docs\/(start|how-to|reference|explanation|reports)\/[^/]+$/.test(name),
  );
  expect(pages.filter(({ name }) => !named.has(name)).map(({ name }) => name)).toEqual([]);
});

test('a heading gets the anchor that GitHub gives it, a second one like it a number', () => {
  const text = '# The `run` command: what is it?\n\n## Options\n\n## Options\n\n```\n# no heading\n```\n';
  expect([...anchors({ name: 'page.md', text })]).toEqual(['the-run-command-what-is-it', 'options', 'options-1']);
});
