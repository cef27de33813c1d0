/** Finds the files that a command line names. Its results never overwrite one of them, whatever the path to it (R15). */
import path from 'node:path';
import { CDK_OUTPUTS_FILE } from '../cli/stack-choice.js';
import type { StackFlags } from '../cli/stack-options.js';
import { findEntry } from '../model/directory-model.js';
import { shellWords } from '../model/shell-words.js';
import type { GivenFile } from '../results/output-place.js';

export interface GivenNames extends StackFlags {
  /** The arguments of the dataset. */
  readonly datasets?: readonly string[];
  /** The files that the dataset was found to have, as absolute paths. */
  readonly datasetFiles?: readonly string[];
  readonly model?: string;
  readonly files?: readonly string[];
  readonly requirements?: string;
  readonly setup?: string;
}

export async function givenFiles(names: GivenNames, cwd: string): Promise<readonly GivenFile[]> {
  const { datasets = [], datasetFiles = [], model, files = [], requirements, setup, stack, local } = names;
  const at = (name: string, what: string): GivenFile => ({ path: path.resolve(cwd, name), what });
  const folders = ['.', ...files];
  const inFolders = (words: readonly string[], what: string): readonly GivenFile[] =>
    folders.flatMap((folder) => words.map((word) => at(path.resolve(cwd, folder, word), what)));
  return [
    ...datasets
      .filter((dataset) => dataset !== '-')
      .map((dataset) => (isUrl(dataset) ? { path: dataset, what: 'the dataset' } : at(dataset, 'the dataset'))),
    ...datasetFiles.map((file) => at(file, 'a file of the dataset')),
    ...(stack === undefined ? [] : [at(stack, 'the file that --stack names')]),
    ...(stack === undefined && !local ? [at(CDK_OUTPUTS_FILE, 'the file that names the stack')] : []),
    ...(model === undefined ? [] : inFolders([model, ...wordsOf(model)], 'a file of the model')),
    ...(model === undefined ? [] : await entryOf(model, cwd)),
    ...(requirements === undefined ? [] : [at(requirements, 'the file that --requirements names')]),
    ...files.map((file) => at(file, 'a file that --files names')),
    ...(setup === undefined ? [] : inFolders(wordsOf(setup), 'a file that --setup names')),
  ];
}

const isUrl = (dataset: string): boolean => dataset.startsWith('s3://');

/** Returns the words that may be files: `python3 model.py:Scorer --weights=w.bin` names two. */
function wordsOf(command: string): readonly string[] {
  return splitWords(command).flatMap((word) => [
    word,
    ...(word.includes('=') ? [word.slice(word.indexOf('=') + 1)] : []),
    ...(/:\w+$/.test(word) ? [word.slice(0, word.lastIndexOf(':'))] : []),
  ]);
}

function splitWords(command: string): readonly string[] {
  try {
    return shellWords(command);
  } catch {
    // It is a shell's command line, or it is refused where it is used.
    return command.split(/[\s'"|&;<>()]+/);
  }
}

/** Returns the files of a model's directory that are always part of the model. */
async function entryOf(model: string, cwd: string): Promise<readonly GivenFile[]> {
  const directory = path.resolve(cwd, model);
  const entry = await findEntry(directory, model).catch(() => undefined);
  if (entry === undefined) return [];
  return [entry, 'package.json'].map((name) => ({ path: path.join(directory, name), what: 'a file of the model' }));
}
