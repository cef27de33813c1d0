/** Counts a checkout's text and structure: comments, places of a field, files and types. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brokenRule, commentsOf } from './comments.js';

export type Figures = Readonly<Record<string, number>>;

const CODE = /\.(?:ts|mjs)$/;
const PRODUCT = /^(?:core|aws|runner|worker|infra|local|emulator)\//;

interface Subject {
  readonly name: string;
  /** Every name under which the field stands. */
  readonly names: RegExp;
  /** The code that describes the field. Code that acts by its value would stand there in any house. */
  readonly files: RegExp;
}

/** A field of each subject that an option or an output can be. A new field of the kind would stand in as many places. */
const SUBJECTS: readonly Subject[] = [
  {
    name: 'a stack field (the dead letter queue)',
    names: /deadLetterQueueUrl|DeadLetterQueueUrl|DEAD_LETTER_QUEUE/,
    files: /^(?:core|runner|emulator|infra)\//,
  },
  {
    name: 'a job option (--load-timeout)',
    names: /\bloadTimeout(?:Seconds)?\b|load-timeout/,
    files: /^(?:core|runner)\//,
  },
  {
    name: 'a local option (--rebalance-before)',
    names: /rebalance(?:Before|Lead)|rebalance-(?:before|lead)/,
    files: /^(?:runner|emulator)\/|^local\/options\.ts$/,
  },
];

export interface SourceFile {
  readonly file: string;
  readonly source: string;
}

/** Returns the lines in which each subject's field stands, and the files that hold them. */
export const placesOf = (code: readonly SourceFile[]): Figures =>
  Object.fromEntries(
    SUBJECTS.flatMap(({ name, names, files }) => {
      const lines = code
        .filter(({ file }) => files.test(file))
        .map(({ source }) => source.split('\n').filter((line) => names.test(line)).length);
      const places = lines.reduce((sum, count) => sum + count, 0);
      return [
        [`lines that describe ${name}`, places],
        [`files that describe ${name}`, lines.filter((count) => count > 0).length],
      ];
    }),
  );

/** Files of Git's, with those that are new and not ignored. */
export function filesOf(root: string): readonly string[] {
  const args = ['ls-files', '-co', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  return listed.filter((file) => existsSync(path.join(root, file)));
}

export function figuresOf(root: string): Figures {
  const code = filesOf(root)
    .filter((file) => CODE.test(file))
    .map((file): SourceFile => ({ file, source: readFileSync(path.join(root, file), 'utf8') }));
  const product = code.filter(({ file }) => PRODUCT.test(file));
  const count = (pattern: RegExp): number =>
    product.reduce((sum, { source }) => sum + [...source.matchAll(pattern)].length, 0);
  const broken = code.flatMap(({ file, source }) => commentsOf(source, file).map(brokenRule));
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  return {
    'product files': product.length,
    'product lines': product.reduce((sum, { source }) => sum + source.split('\n').length, 0),
    'exported types of the product': count(/^export (?:interface|type) /gm),
    'spreads of a field that may be undefined': count(/=== undefined \? \{\} : \{/g),
    'members with the word private': count(/(?:^|[(,])\s*private (?!constructor)/gm),
    ...placesOf(product),
    comments: broken.length,
    'comments that begin without a subject': broken.filter((rule) => rule === 'begins without a subject').length,
    'doc comments of four words or fewer': broken.filter((rule) => rule === 'four words or fewer').length,
    'lines of the README': readme.split('\n').length - 1,
  };
}
