/** Replaces places in a compiled module by those in the files that the user wrote. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { parseJson } from '../../core/contract/shape.js';
import type { ModuleSourceMap } from '../model/compile-module.js';

export interface Sources {
  /** Tells whether the path, from the working directory, is a source of the module. */
  has(file: string): boolean;
  /** Returns the text with each `model.mjs:12:3` replaced. */
  map(text: string): string;
}

const NO_SOURCES: Sources = { has: () => false, map: (text) => text };

export function sourcesOf(compiled: ModuleSourceMap | undefined, cwd: string): Sources {
  const payload = compiled && (parseJson(compiled.json) as SourceMapPayload | undefined);
  if (compiled === undefined || payload === undefined) return NO_SOURCES;
  const named = payload.sources.map((source) => path.relative(cwd, path.resolve(compiled.folder, source)));
  const map = new SourceMap({ ...payload, sources: named });
  const file = compiled.file.replaceAll('.', String.raw`\.`);
  const pattern = new RegExp(String.raw`(?:file://)?[^\s()'"]*(?<![\w-])${file}:(\d+)(?::(\d+))?`, 'g');
  return {
    has: (source) => named.includes(source),
    map: (text) =>
      text.replaceAll(pattern, (given: string, line: string, column = '1') => {
        const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
        return 'originalSource' in entry && entry.originalSource !== undefined
          ? `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
          : given;
      }),
  };
}
