import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommandLine } from '../../runner/cli/program.js';
import { realProbe, type RealProbe } from '../support/real-probe.js';
import { stackWith } from '../support/try-broken.js';

let real: RealProbe;
beforeAll(async () => {
  real = await realProbe();
});
afterAll(async () => {
  await real.remove();
});

it('try installs the packages of a Python file for this machine, into a folder that is removed', async () => {
  const files = {
    'model.py': 'import six\ndef predict(items):\n    return [six.__name__ for _ in items]\n',
    'requirements.txt': 'six==1.17.0\n',
  };
  const stack = await stackWith({ files }, real.probe);
  // The settings of the package index are the developer's own.
  const env = { ...process.env, XDG_CACHE_HOME: stack.cwd };
  const code = await runCommandLine(['try', 'data.jsonl', '--model', './model.py'], { ...stack.context(), env });
  expect({ code, said: stack.terminal.stdout + stack.terminal.stderr }).toEqual({
    code: 0,
    said: expect.stringContaining('"six"') as string,
  });
  expect(stack.store.writes).toEqual([]);
  expect(await real.leftOver()).toEqual([]);
});
