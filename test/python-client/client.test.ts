/** Runs the tests of the Python package, which are Python, on the oldest interpreter of this machine. test/long/python-client/ runs the wheel on others. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { findPythons } from '../support/pythons.js';

const execute = promisify(execFile);
const tests = path.join(projectRoot, 'test/python-client');

it('the Python package passes its own tests on the oldest Python', async () => {
  const [oldest] = findPythons();
  expect(oldest).toBeDefined();
  const env = { ...process.env, PYTHONPATH: path.join(projectRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' };
  const { stderr } = await execute(
    oldest?.path ?? '',
    ['-W', 'error', '-m', 'unittest', 'discover', '--start-directory', tests],
    {
      cwd: tests,
      env,
    },
  );
  // unittest prints its summary on standard error, and an empty discovery would pass, too.
  expect(stderr).toMatch(/Ran [1-9]\d+ tests in .*\n\nOK\n$/s);
});
