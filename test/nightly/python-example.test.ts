import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { oldestAndNewest } from '../worker/slot/python-model.js';
import { buildHost, computeWith, itemsOf, modelOf, slotOf, type BuiltHost } from '../worker/slot/support.js';

const run = promisify(execFile);
const INSTALL_MS = 5 * 60_000;

let host: BuiltHost;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());

describe.each(oldestAndNewest())(
  'examples/python with Python $version',
  { timeout: INSTALL_MS },
  ({ path: python }) => {
    let directory: string;
    let own: string;
    beforeAll(async () => {
      directory = await mkdtemp(path.join(tmpdir(), 'spotpool-example-'));
      await cp(path.join(projectRoot, 'examples/python'), directory, { recursive: true });
      const environment = path.join(directory, 'venv');
      own = path.join(environment, 'bin/python');
      await run(python, ['-m', 'venv', '--without-pip', environment]);
      const { stdout: target } = await run(own, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
      const packages = ['-r', 'requirements.txt', 'numpy', 'regex', 'pandas', 'pydantic'];
      // Compiling all of pandas takes longer than everything else here.
      const options = ['--no-compile', '--only-binary', ':all:', '--target', target.trim()];
      await run(python, ['-m', 'pip', 'install', '-q', ...options, ...packages], { cwd: directory });
    }, INSTALL_MS);
    afterAll(() => rm(directory, { recursive: true }));

    it('passes its own test, which is plain Python', async () => {
      const { stderr } = await run(own, ['-m', 'unittest'], { cwd: directory });
      expect(stderr).toContain('OK');
    });

    it('runs in a slot', async () => {
      const slot = slotOf(host);
      const model = modelOf({ kind: 'python', entry: 'model.py' }, { directory, python: own });
      const items = itemsOf([{ text: 'Great phone' }, { text: '' }, { text: 'It is a phone' }]);
      try {
        const computed = await computeWith(slot, model, items);
        expect(computed.results).toMatchObject([
          { output: { positive: 0.881 } },
          { error: { code: 'ValueError', message: 'The review has no words.' } },
          { output: { positive: 0.5 } },
        ]);
      } finally {
        await slot.close();
      }
    });

    it.each([
      ['frame', [{ a: 1, b: 'x', c: 0.5 }]],
      ['series', [2]],
      ['matrix', [[1, 0.5]]],
      ['numbers', [{ i: 3, f: 0.25, b: true }]],
      ['pydantic_', [{ name: 'x', inner: [1] }]],
      ['instant', [{ code: 'ModelError', message: expect.stringContaining('Timestamp') as unknown }]],
    ])('writes a real %s of numpy, pandas or pydantic', async (name, expected) => {
      const slot = slotOf(host);
      const start = { kind: 'python', entry: 'kinds.py', name } as const;
      await cp(path.join(projectRoot, 'test/nightly/kinds.py'), path.join(directory, 'kinds.py'));
      try {
        const computed = await computeWith(slot, modelOf(start, { directory, python: own }), itemsOf([1]));
        expect(computed.results.map((line) => (line?.ok === true ? line.output : line?.error))).toEqual(expected);
      } finally {
        await slot.close();
      }
    });
  },
);
