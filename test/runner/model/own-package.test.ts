/** A model imports types of this package. What is shipped for it does not grow by the package's code. */
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { compileModule } from '../../../runner/model/compile-module.js';
import { projectRoot } from '../../support/cli.js';
import { tempDirectory } from './files.js';

const BODY = 'export const predict = (items: readonly number[]): number[] => items.map((item) => item * 3);\n';

async function compiled(text: string, compilerOptions: object, externalPackages = false): Promise<string> {
  const cwd = await tempDirectory({
    'model.ts': text,
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'node_modules/other/package.json': '{"name":"other"}',
  });
  await symlink(projectRoot, path.join(cwd, 'node_modules/spotpool'));
  const { code } = await compileModule({ entry: path.join(cwd, 'model.ts'), outPath: 'model.mjs', externalPackages });
  return code.toString();
}

it.each<readonly [string, string, object]>([
  ['a type import', "import type { Model } from 'spotpool';\n", {}],
  ['a type among names', "import { type Model } from 'spotpool';\n", {}],
  ['names that are only types', "import { Model } from 'spotpool';\n", {}],
  [
    'an import that TypeScript keeps without names',
    "import { type Model } from 'spotpool';\n",
    { verbatimModuleSyntax: true },
  ],
  ['an import for its effect', "import 'spotpool';\n", {}],
])('%s adds nothing to the compiled model', async (_, line, options) => {
  const use = line.includes('Model') ? 'export type Mine = Model<number, number>;\n' : '';
  const without = await compiled(BODY, options);
  for (const externalPackages of [false, true]) {
    const code = await compiled(`${line}${use}${BODY}`, options, externalPackages);
    expect(code.replaceAll(/^\/\/ .*\n/gm, '')).toBe(without.replaceAll(/^\/\/ .*\n/gm, ''));
  }
});

it('a model cannot call the functions of the package, and is refused before anything is uploaded', async () => {
  const calling = compiled(`import { submit } from 'spotpool';\n${BODY}export const again = submit;\n`, {});
  await expect(calling).rejects.toThrow(/No matching export in "types-only:spotpool" for import "submit"/);
});
