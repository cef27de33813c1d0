import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { allPages, type CodeBlock, codeBlocks, infoValue, type Page } from './pages.js';

interface Found {
  readonly where: string;
  readonly block: CodeBlock;
}

const blocksOf = (...languages: readonly string[]): readonly Found[] =>
  allPages().flatMap((page: Page) =>
    codeBlocks(page)
      .filter(({ language }) => languages.includes(language))
      .map((block) => ({ where: `${page.name}:${block.line}`, block })),
  );

describe('code blocks of the documentation', () => {
  test.each(blocksOf('json'))('$where is JSON', ({ block }) => {
    expect(() => JSON.parse(block.text) as unknown).not.toThrow();
  });

  test.each(blocksOf('jsonl'))('$where is JSON Lines', ({ block }) => {
    for (const line of block.text.trimEnd().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test('those in TypeScript have no error of types', () => {
    expect(typeErrors(blocksOf('ts'))).toEqual([]);
  });

  test('those that become files are named in the text above them, because readers do not see the info string', () => {
    expect(unnamedFiles()).toEqual([]);
  });
});

/** The blocks whose file is not named, between backquotes, in the paragraph just above. */
const unnamedFiles = (): readonly string[] =>
  allPages().flatMap((page) => {
    const lines = page.text.split('\n');
    return codeBlocks(page).flatMap((block) => {
      const name = infoValue(block, 'file');
      const above = lines
        .slice(0, block.line - 1)
        .join('\n')
        .trimEnd();
      const paragraph = above.slice(above.lastIndexOf('\n\n') + 1);
      return name === undefined || paragraph.includes(`\`${name}\``) ? [] : [`${page.name}:${block.line} ${name}`];
    });
  });

/** Readers' programs import the package by its name, and get the types that the build has made. */
const PACKAGE: Readonly<Record<string, readonly string[]>> = {
  spotpool: ['dist/runner/spotpool.d.ts'],
  'spotpool/local': ['dist/local/api.d.ts'],
  'spotpool/infra': ['dist/infra/spot-pool.d.ts'],
};

/** A block that is `with=cloud` goes on where a local cloud was started. */
const STARTED: Readonly<Record<string, string>> = {
  cloud: "declare const cloud: import('spotpool/local').LocalCloud;\n",
};

const programOf = (block: CodeBlock): string =>
  `${block.text}\n${STARTED[infoValue(block, 'with') ?? ''] ?? ''}export {};\n`;

/** All blocks are one program, each a file beside the tests, where the types of the SDK and of vitest are found. */
function typeErrors(blocks: readonly Found[]): readonly string[] {
  const directory = path.join(projectRoot, 'test/docs');
  const files = new Map(blocks.map((each, number) => [path.join(directory, `block-${number}.ts`), each]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    paths: Object.fromEntries(
      Object.entries(PACKAGE).map(([name, sources]) => [name, sources.map((file) => path.join(projectRoot, file))]),
    ),
  };
  const plain = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...plain,
    fileExists: (file) => files.has(file) || plain.fileExists(file),
    getSourceFile: (file, ...rest) => {
      const found = files.get(file);
      if (found === undefined) return plain.getSourceFile(file, ...rest);
      // The export makes a module of a block without imports, so that its names are its own.
      return ts.createSourceFile(file, programOf(found.block), ts.ScriptTarget.ES2022);
    },
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([file, { where, block }]) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(({ start = 0, messageText }) => {
      const line = block.text.slice(0, start).split('\n').length;
      return `${where}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    }),
  );
}
