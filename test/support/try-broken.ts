/** Runs `spotpool try` over a broken model, and checks that it is found, and that nothing was sent. */
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { ModelProbe } from '../../core/probe/probe.js';
import { tempDirectory } from '../runner/model/files.js';
import type { TryReport } from '../../runner/try/try-report.js';
import type { BrokenModel } from './broken-model.js';
import { FakeStack } from './fake-stack.js';

export const DATA = Array.from({ length: 16 }, (_, n) => `{"n":${n}}\n`).join('');

export async function stackWith(
  { files, executable = [] }: Pick<BrokenModel, 'files' | 'executable'>,
  probe: ModelProbe,
): Promise<FakeStack> {
  const stack = new FakeStack();
  stack.cwd = await tempDirectory({ 'data.jsonl': DATA, ...files });
  stack.probe = () => Promise.resolve(probe);
  for (const file of executable) await chmod(path.join(stack.cwd, file), 0o755);
  return stack;
}

/** A model that could be packed is tried once, with `--json`, whose sentences are those of the report. */
export async function expectFound(broken: BrokenModel, probe: ModelProbe): Promise<void> {
  const { model, options = [], says, shows, kind, reach } = broken;
  const stack = await stackWith(broken, probe);
  const json = kind === undefined ? [] : ['--json'];
  expect(await stack.run('try', 'data.jsonl', '--model', model, ...options, ...json)).toBe(2);
  expect(stack.store.writes).toEqual([]);
  expect({ enqueued: stack.undone.size, target: stack.target }).toEqual({ enqueued: 0, target: 0 });
  const { stdout, stderr } = stack.terminal;
  if (kind === undefined) return expect(stdout + stderr).toMatch(says);
  const { faults } = JSON.parse(stdout) as Pick<TryReport, 'faults'>;
  expect(faults[0]).toMatchObject({ kind, ...(reach === undefined ? {} : { reach }) });
  expect(faults.map(({ sentence }) => sentence).join('\n')).toMatch(says);
  if (shows === undefined) return;
  expect(await stack.run('try', 'data.jsonl', '--model', model, ...options)).toBe(2);
  expect(stack.terminal.stdout).toMatch(shows);
}
