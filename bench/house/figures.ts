/** Counts a checkout's text and structure: comments, places of a field, files and types. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brokenRule, commentsOf } from './comments.js';

export type Figures = Readonly<Record<string, number>>;

const CODE = /\.(?:ts|mjs)$/;
const PRODUCT = /^(?:core|aws|runner|worker|infra|local|emulator)\//;

/** A field of each subject, by every name under which it stands. Files are counted in which one of the names stands. */
const SUBJECTS = {
  'a stack field (the dead letter queue)': /deadLetterQueueUrl|DeadLetterQueueUrl|DEAD_LETTER_QUEUE/,
  'a job option (--max-failed)': /\bmaxFailed\b|max-failed/,
  'a local option (--max-idle-seconds)': /maxIdleSeconds|max-idle-seconds|MAX_IDLE_SECONDS/,
} as const;

/** Files of Git's, with those that are new and not ignored. */
export function filesOf(root: string): readonly string[] {
  const args = ['ls-files', '-co', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  return listed.filter((file) => existsSync(path.join(root, file)));
}

export function figuresOf(root: string): Figures {
  const code = filesOf(root)
    .filter((file) => CODE.test(file))
    .map((file) => ({ file, source: readFileSync(path.join(root, file), 'utf8') }));
  const product = code.filter(({ file }) => PRODUCT.test(file));
  const count = (pattern: RegExp): number =>
    product.reduce((sum, { source }) => sum + [...source.matchAll(pattern)].length, 0);
  const broken = code.flatMap(({ file, source }) => commentsOf(source, file).map(brokenRule));
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const places = Object.entries(SUBJECTS).map(([subject, names]): [string, number] => [
    `files in which ${subject} stands`,
    product.filter(({ source }) => names.test(source)).length,
  ]);
  return {
    'product files': product.length,
    'product lines': product.reduce((sum, { source }) => sum + source.split('\n').length, 0),
    'exported types of the product': count(/^export (?:interface|type) /gm),
    'spreads of a field that may be undefined': count(/=== undefined \? \{\} : \{/g),
    'members with the word private': count(/(?:^|[(,])\s*private (?!constructor)/gm),
    ...Object.fromEntries(places),
    comments: broken.length,
    'comments that begin without a subject': broken.filter((rule) => rule === 'begins without a subject').length,
    'doc comments of four words or fewer': broken.filter((rule) => rule === 'four words or fewer').length,
    'lines of the README': readme.split('\n').length - 1,
  };
}
