import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';

it('THIRD-PARTY-NOTICES has the licences of the packages that are in the bundles (npm run notices)', () => {
  const module = JSON.stringify(path.join(projectRoot, 'scripts/notices.mjs'));
  const script = `import { noticesText } from ${module}; process.stdout.write(noticesText());`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(status).toBe(0);
  expect(readFileSync(path.join(projectRoot, 'THIRD-PARTY-NOTICES'), 'utf8')).toBe(stdout);
});
