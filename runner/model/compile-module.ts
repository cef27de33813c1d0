/**
 * Compiles a TypeScript or JavaScript model into one JavaScript file with esbuild.
 *
 * An import of any other file (`import weights from './weights.bin'`) gives the file's absolute path at run time. The file is shipped
 * beside the compiled module, and the default export is computed from the module's own URL.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildFailure, formatMessages, type Plugin } from 'esbuild';
import { UserError } from '../errors.js';
import { type BundleEntry, fileEntry } from './bundle.js';

export const MODULE_EXTENSIONS: readonly string[] = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

/** esbuild compiles files with these extensions. All others are assets. */
const COMPILED = new Set([...MODULE_EXTENSIONS, '.tsx', '.jsx', '.json']);

export interface CompileOptions {
  /** Absolute path of the module. */
  readonly entry: string;
  /** Path of the compiled module in the bundle. */
  readonly outPath: string;
  /** True when packages are shipped in `node_modules` and so not compiled in. */
  readonly externalPackages: boolean;
  /** The shipped directory. Assets inside it keep their paths. */
  readonly shippedRoot?: string;
}

export interface CompiledModule {
  readonly code: Buffer;
  /** Assets outside the shipped directory, which must be added to the bundle. */
  readonly assets: readonly BundleEntry[];
  /** The paths of assets inside the shipped directory. */
  readonly inPlace: readonly string[];
  readonly sourceMap: ModuleSourceMap;
}

/** It is not shipped. With it, messages name the lines that the user wrote. */
export interface ModuleSourceMap {
  /** The path of the compiled module in the bundle. */
  readonly file: string;
  /** The source map in JSON. */
  readonly json: string;
  /** The folder from which the map's sources are named. */
  readonly folder: string;
}

/** CommonJS code calls `require` and reads `__dirname`. They are globals here, so that they cannot clash with the model's own names. */
const COMMONJS_BANNER = [
  "import { createRequire as __spotpoolCreateRequire } from 'node:module';",
  'globalThis.require ??= __spotpoolCreateRequire(import.meta.url);',
  'globalThis.__filename ??= import.meta.filename;',
  'globalThis.__dirname ??= import.meta.dirname;',
].join('\n');

export async function compileModule(options: CompileOptions): Promise<CompiledModule> {
  const assets: Assets = { shipped: new Map(), inPlace: new Set() };
  try {
    const { outputFiles } = await build({
      entryPoints: [options.entry],
      // esbuild writes paths relative to this directory into comments. So a model compiles to the same bytes in any place.
      absWorkingDir: path.dirname(options.entry),
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      keepNames: true,
      packages: options.externalPackages ? 'external' : 'bundle',
      banner: { js: COMMONJS_BANNER },
      sourcemap: 'external',
      sourcesContent: false,
      // Nothing is written. The map names its sources from this file's folder.
      outfile: `${options.entry}.mjs`,
      plugins: [ownPackagePlugin, assetPlugin(options, assets)],
      logLevel: 'silent',
    });
    const [map, output] = outputFiles.toSorted(
      (a, b) => Number(b.path.endsWith('.map')) - Number(a.path.endsWith('.map')),
    );
    if (output === undefined || map === undefined) throw new Error('esbuild made no output');
    return {
      code: Buffer.from(output.contents),
      assets: [...assets.shipped.values()],
      inPlace: [...assets.inPlace],
      sourceMap: { file: options.outPath, json: map.text, folder: path.dirname(options.entry) },
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    // esbuild's notes recommend options that users of spotpool cannot set.
    const errors = error.errors.map((message) => ({ ...message, notes: [] }));
    const messages = await formatMessages(errors, { kind: 'error', color: false, terminalWidth: 100 });
    throw new UserError(
      `The model ${path.basename(options.entry)} cannot be compiled:\n\n${messages.join('').trimEnd()}`,
    );
  }
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors);

interface Assets {
  readonly shipped: Map<string, BundleEntry>;
  readonly inPlace: Set<string>;
}

/**
 * A model imports types from this package, and no values. TypeScript may leave an import without names behind, which would compile the whole API and the
 * AWS SDK into the model. So for a model the package is empty, whether packages are compiled in or shipped.
 */
const ownPackagePlugin: Plugin = {
  name: 'types-only',
  setup(builder) {
    builder.onResolve({ filter: /^spotpool$/ }, () => ({ path: 'spotpool', namespace: 'types-only' }));
    builder.onLoad({ filter: /.*/, namespace: 'types-only' }, () => ({ contents: 'export {};', loader: 'js' }));
  },
};

function assetPlugin(options: CompileOptions, assets: Assets): Plugin {
  return {
    name: 'assets',
    setup(builder) {
      builder.onLoad({ filter: /\.[^./\\]+$/ }, async ({ path: file }) => {
        const extension = path.extname(file).toLowerCase();
        if (COMPILED.has(extension)) return undefined;
        if (extension === '.node') {
          const text = `${path.basename(file)} is a native addon, which cannot be compiled into one file. Give a directory with the model and its node_modules as --model.`;
          return { errors: [{ text }] };
        }
        const place = await placeAsset(file, options, assets);
        return { contents: pathModule(place, options.outPath), loader: 'js' };
      });
    },
  };
}

/** The asset's path in the bundle. */
async function placeAsset(file: string, options: CompileOptions, assets: Assets): Promise<string> {
  const { shippedRoot } = options;
  if (shippedRoot !== undefined && file.startsWith(shippedRoot + path.sep)) {
    const place = path.relative(shippedRoot, file).split(path.sep).join('/');
    assets.inPlace.add(place);
    return place;
  }
  // The file is examined before it is hashed, so that a change between the two is noticed when it is packed.
  const found = await stat(file);
  const extension = path.extname(file);
  const digest = (await digestOf(file)).slice(0, 16); // 64 bits are enough to distinguish the files of one model
  const place = `assets/${path.basename(file, extension)}-${digest}${extension}`;
  assets.shipped.set(place, fileEntry(file, place, found));
  return place;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function pathModule(place: string, outPath: string): string {
  const fromModule = path.posix.relative(path.posix.dirname(outPath), place);
  const url = `./${fromModule.split('/').map(encodeURIComponent).join('/')}`;
  return [
    "import { fileURLToPath } from 'node:url';",
    `export default fileURLToPath(new URL(${JSON.stringify(url)}, import.meta.url));`,
  ].join('\n');
}
