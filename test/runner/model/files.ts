/** Makes directories of files for tests of the packager. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { extract } from 'tar';
import { onTestFinished } from 'vitest';
import { packageModel } from '../../../runner/model/package-model.js';
import type { ModelRequest } from '../../../runner/model/resolved-model.js';

export async function tempDirectory(files: Readonly<Record<string, string | Buffer>> = {}): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
  return directory;
}

export interface Unpacked {
  readonly directory: string;
  readonly start: unknown;
  readonly digest: string;
  readonly shipped: readonly string[];
  /** The paths that were left out, each as `path [why]`. */
  readonly leftOut: readonly string[];
}

/** Packs what `--model` names, and unpacks the bundle again. */
export async function packed(cwd: string, argument: string, options: Partial<ModelRequest> = {}): Promise<Unpacked> {
  const searchPath = process.env['PATH'] ?? '';
  const model = await packageModel({ argument, cwd, searchPath, ...options }, new AbortController().signal);
  try {
    const directory = await tempDirectory();
    await extract({ file: model.file, cwd: directory });
    const { shipped, leftOut, spec } = model;
    const left = leftOut.map(({ path: place, why }) => `${place} [${why}]`);
    return { directory, start: spec.start, digest: spec.digest, shipped: shipped.paths, leftOut: left };
  } finally {
    await model.dispose();
  }
}

/** The output of a script that imports the unpacked module as `model`. */
export function runWith(directory: string, entry: string, expression: string): unknown {
  const script = `const model = await import('./${entry}'); console.log(JSON.stringify(await (${expression})));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: directory,
    encoding: 'utf8',
  });
  return JSON.parse(output);
}
