import { expect, test } from 'vitest';
import { allPages, countWords, readPage, sentences } from './pages.js';

const MOST_WORDS = 30;
const MOST_README_LINES = 150;

/** Reports are made by the commands that they name, and quote the errors of others. */
const pages = allPages().filter(({ name }) => !name.startsWith('docs/reports/'));

test('the README fits into a few screens', () => {
  expect(readPage('README.md').text.trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_README_LINES);
});

test.each(pages)('$name has no sentence of more than thirty words', (page) => {
  expect(sentences(page).filter((sentence) => countWords(sentence) > MOST_WORDS)).toEqual([]);
});

test('sentences are told apart in paragraphs, lists and tables, and code is no sentence', () => {
  const text = '# A title\n\nOne line\ngoes on. Another.\n\n```\ncode here\n```\n\n- An item.\n\n| a cell | b |\n';
  const found = sentences({ name: 'page.md', text }).map((sentence) => sentence.trim());
  expect(found.filter((sentence) => sentence !== '')).toEqual([
    'A title',
    'One line goes on.',
    'Another.',
    'An item.',
    'a cell',
    'b',
  ]);
});
