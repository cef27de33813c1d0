import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPython } from '../../../bench/peers/python.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

it('the best available of the wanted versions is used', async () => {
  await program('python3.11', 'echo 3.11 /opt/a python');
  const python3 = await program('python3', 'echo 3.13 /opt/python3');
  const env = { PATH: directory };
  expect(findPython(['3.13', '3.12'], env)).toEqual({ python: { version: '3.13', file: '/opt/python3' } });
  expect(findPython(['3.13', '3.11'], env)).toEqual({ python: { version: '3.11', file: '/opt/a python' } });
  expect(findPython(['3.10'], { PATH: directory, PYTHON: python3 })).toEqual({
    problem: `It needs Python 3.10: ${python3} is 3.13. Set PYTHON to name another.`,
  });
});

it('a PYTHON that is not an interpreter is refused with a message', async () => {
  const silent = await program('silent', 'true');
  const problemWith = (PYTHON: string) => findPython(['3.13'], { PATH: directory, PYTHON });
  expect(problemWith(silent)).toMatchObject({
    problem: expect.stringContaining(`${silent} is not a Python interpreter.`) as string,
  });
  expect(problemWith('/no/python')).toMatchObject({
    problem: expect.stringContaining('PYTHON is /no/python, which does not run.') as string,
  });
});
