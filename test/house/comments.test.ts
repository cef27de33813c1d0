import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenRule, commentsOf } from '../../bench/house/comments.js';
import { filesOf } from '../../bench/house/figures.js';
import { projectRoot } from '../support/cli.js';

const ruleOf = (source: string): string | undefined => commentsOf(source, 'a.ts').map(brokenRule)[0];

describe('the rule of comments', () => {
  it('refuses a comment that begins with "Of", "What" or "As" without a subject', () => {
    expect(ruleOf('/** Of the batches that are held, the oldest. */\nconst a = 1;')).toBe('begins without a subject');
    expect(ruleOf('// What others wrote, decoded.\nconst a = 1;')).toBe('begins without a subject');
    expect(ruleOf('/** What is known of the end, whenever it is sent. */\nconst a = 1;')).toBe(
      'begins without a subject',
    );
    expect(ruleOf('const a = 1; // As long as the lease is held.')).toBe('begins without a subject');
    expect(ruleOf('/** What is left when the job ends? The queue is empty. */\nconst a = 1;')).toBeUndefined();
  });

  it('refuses a doc comment of four words or fewer, unless it has a link', () => {
    expect(ruleOf('/** In milliseconds. */\nconst a = 1;')).toBe('four words or fewer');
    expect(ruleOf('/** https://docs.aws.amazon.com/x.html */\nconst a = 1;')).toBeUndefined();
    expect(ruleOf('// Both are idle.\nconst a = 1;')).toBeUndefined();
  });

  it('takes line comments that follow each other for one', () => {
    expect(commentsOf('// The first line\n// and its second.\nconst a = 1;', 'a.ts')).toMatchObject([
      { line: 1, text: 'The first line and its second.' },
    ]);
  });
});

it('no comment of the project breaks the rule', () => {
  const broken = filesOf(projectRoot)
    .filter((file) => /\.(?:ts|mjs)$/.test(file))
    .flatMap((file) =>
      commentsOf(readFileSync(path.join(projectRoot, file), 'utf8'), file)
        .filter((comment) => brokenRule(comment) !== undefined)
        .map((comment) => `${file}:${comment.line} ${brokenRule(comment)}: ${comment.text.slice(0, 80)}`),
    );
  expect(broken).toEqual([]);
});
