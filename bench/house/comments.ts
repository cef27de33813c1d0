/** The comments of a TypeScript or JavaScript file, and the rules of CONTRIBUTING.md that they break. */
import ts from 'typescript';

export interface Comment {
  /** The number of the comment's first line, counted from 1. */
  readonly line: number;
  /** The text without the marks of the comment, in one line. */
  readonly text: string;
  readonly isDoc: boolean;
}

export type CommentRule = 'begins without a subject' | 'four words or fewer';

/** Words that begin a phrase without a subject. A question such as "What is left?" has a verb, and is no such phrase. */
const NO_SUBJECT =
  /^(?:Of|What|As|Whose|Who|Which|(?:From|For|In|To|By|With|On|At) (?:which|whom|what))\b(?! (?:is|are|was|were) [^.]*\?)/;
const FEWEST_WORDS = 5;
/** Comments that are read by tools. */
const DIRECTIVE = /^(?:eslint|prettier|@ts-|#region|!|v8 |c8 |@vitest)/;

export function commentsOf(source: string, fileName: string): readonly Comment[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  return joinLines(source, rangesOf(file, source))
    .map(([start, end]) => ({
      line: file.getLineAndCharacterOfPosition(start).line + 1,
      text: textOf(source.slice(start, end)),
      isDoc: source.startsWith('/**', start),
    }))
    .filter(({ text }) => text !== '' && !DIRECTIVE.test(text));
}

export function brokenRule({ text, isDoc }: Comment): CommentRule | undefined {
  if (NO_SUBJECT.test(text)) return 'begins without a subject';
  const words = text.split(/\s+/);
  const isLink = words.some((word) => /^https?:/.test(word)) || text.startsWith('@');
  return isDoc && !isLink && words.length < FEWEST_WORDS ? 'four words or fewer' : undefined;
}

type Range = readonly [start: number, end: number];

function rangesOf(file: ts.SourceFile, source: string): readonly Range[] {
  const found = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source, node.end) ?? []),
    ];
    for (const { pos, end } of ranges) found.set(pos, end);
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return [...found].sort(([a], [b]) => a - b);
}

/** Line comments that follow each other, each on a line of its own, are one comment. */
function joinLines(source: string, ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    const isNext =
      last !== undefined &&
      source.startsWith('//', last[0]) &&
      source.startsWith('//', range[0]) &&
      /^\n[ \t]*$/.test(source.slice(last[1], range[0])) &&
      source.slice(source.lastIndexOf('\n', last[0]) + 1, last[0]).trim() === '';
    if (isNext) joined[joined.length - 1] = [last[0], range[1]];
    else joined.push(range);
  }
  return joined;
}

const textOf = (comment: string): string =>
  comment
    .replace(/^\/\*\*?|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\*|\/\/)\s?/, ''))
    .join(' ')
    .trim();
