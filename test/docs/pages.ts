/** Reads the pages that people read: README, docs and their neighbours, as headings, links, code blocks and sentences. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../support/cli.js';

export interface CodeBlock {
  readonly language: string;
  /** The rest of the line that opens the block: `run`, `file=NAME`, `results=NAME` and the like. */
  readonly info: readonly string[];
  readonly text: string;
  readonly line: number;
}

export interface Page {
  /** The path below the project's folder. */
  readonly name: string;
  readonly text: string;
}

const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];

export function allPages(): readonly Page[] {
  const docs = readdirSync(path.join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name));
  return [...ROOT_PAGES, ...docs.sort(), 'examples/molecules/README.md'].map(readPage);
}

export const readPage = (name: string): Page => ({ name, text: readFileSync(path.join(projectRoot, name), 'utf8') });

const FENCED = /^```(\S*)[ ]?(.*)\n([\s\S]*?)^```$/gm;

export const codeBlocks = ({ text }: Page): readonly CodeBlock[] =>
  [...text.matchAll(FENCED)].map(({ 1: language = '', 2: info = '', 3: body = '', index }) => ({
    language,
    info: info.split(' ').filter((word) => word !== ''),
    text: body,
    line: text.slice(0, index).split('\n').length,
  }));

/** The value of `name=value` in the line that opens a block. */
export const infoValue = ({ info }: CodeBlock, name: string): string | undefined =>
  info.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);

/** The text with code blocks blanked, so that lines keep their numbers. */
const prose = ({ text }: Page): string => text.replace(FENCED, (block) => block.replace(/[^\n]/g, ' '));

export interface Link {
  readonly target: string;
  readonly line: number;
}

export function links(page: Page): readonly Link[] {
  const text = prose(page).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(({ 1: target = '', index }) => ({
    target,
    line: text.slice(0, index).split('\n').length,
  }));
}

/** The anchors that GitHub gives to a page's headings. */
export function anchors(page: Page): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { 1: heading = '' } of prose(page).matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let copy = 1; found.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    found.add(anchor);
  }
  return found;
}

/** Sentences of paragraphs, list items and table cells. */
export function sentences(page: Page): readonly string[] {
  const lines = prose(page)
    .replace(/<!--[\s\S]*?-->/g, '')
    .split('\n');
  const paragraphs: string[] = [];
  let open = '';
  const close = (): void => {
    paragraphs.push(open);
    open = '';
  };
  for (const line of lines) {
    if (/^\s*$|^#|^\s*([-*]|\d+\.)\s|^\s*\|/.test(line)) close();
    if (/^\s*\|/.test(line)) paragraphs.push(...line.split('|'));
    else open += `${line.replace(/^\s*([-*#]+|\d+\.)\s+/, '').trim()} `;
  }
  close();
  return paragraphs.flatMap((paragraph) =>
    paragraph.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').split(/(?<=[.!?:](?:\*\*)?)\s+(?=[\p{Lu}`"'(*_])/u),
  );
}

/** Signs alone, such as a dash between words, are no words. */
export const countWords = (sentence: string): number =>
  sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
