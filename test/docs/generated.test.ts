/** The pages of docs/reference that are generated say what the code says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as prettier from 'prettier';
import { expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';

interface Source {
  readonly module: string;
  readonly function: string;
}

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const pages = JSON.parse(read('docs/reference/generated.json')) as Record<string, Source>;

it.each(Object.entries(pages))('%s is current: "npm run docs" would not change it', async (page, source) => {
  const module = (await import(path.join(projectRoot, source.module))) as Record<
    string,
    () => string | Promise<string>
  >;
  const makePage = module[source.function];
  const file = path.join(projectRoot, page);
  const text = (await makePage?.()) ?? '';
  const { inferredParser } = await prettier.getFileInfo(file);
  const options = { ...(await prettier.resolveConfig(file)), filepath: file };
  expect(read(page)).toBe(inferredParser === null ? text : await prettier.format(text, options));
});
