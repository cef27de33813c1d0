/** Describes the files of a model that are shipped, and those that are left out with the reason. */
import { bytes, oneLine, plural } from '../display/format.js';
import type { SubmitEvent } from '../submit/submit-event.js';

type Bundled = Extract<SubmitEvent, { code: 'model-bundled' }>;

/** More names of one kind say nothing new. */
const SHOWN_PATHS = 3;

export function shippedText({ model, shipped, bytes: packed }: Bundled): string {
  const { files, largest } = shipped;
  const names = largest.map((file) => `${oneLine(file.path)} (${bytes(file.bytes)})`).join(', ');
  return (
    `The model ${oneLine(model)} is packed: ${plural(files, 'file')}, ${bytes(shipped.bytes)} (${bytes(packed)} compressed)` +
    `${names === '' ? '' : `; the largest: ${names}`}.`
  );
}

/** A model often needs files with these names, and users often keep them out of git because of their size. */
const LOOKS_NEEDED =
  /(\.(onnx|pt|pth|bin|safetensors|ckpt|pkl|pickle|joblib|h5|hdf5|keras|tflite|pb|gguf|npz|npy|wasm|model)|(^|\/)(weights|checkpoints?|models?|dist|build|lib)\/)$/i;

/** Returns undefined when all files are shipped. */
export function leftOutText({ leftOut }: Pick<Bundled, 'leftOut'>): string | undefined {
  if (leftOut.length === 0) return undefined;
  const kinds = new Map<string, string[]>();
  for (const { path, why, bytes: size } of leftOut) {
    const name = size === undefined ? oneLine(path) : `${oneLine(path)} (${bytes(size)})`;
    kinds.set(why, [...(kinds.get(why) ?? []), name]);
  }
  return `Left out of the bundle, by reason: ${[...kinds].map(([why, names]) => `${oneLine(why)}: ${someOf(names)}`).join('; ')}.`;
}

/** Names the files that git's ignore files hide although a model probably needs them. */
export function missedText({ leftOut }: Pick<Bundled, 'leftOut'>): string | undefined {
  const missed = leftOut.filter(({ path, why }) => why.endsWith('.gitignore') && LOOKS_NEEDED.test(path));
  if (missed.length === 0) return undefined;
  const names = someOf(missed.map(({ path }) => oneLine(path)));
  return `If the model needs ${names}, ship it: --ship PATH, or a line "!PATH" in .spotpoolignore.`;
}

function someOf(paths: readonly string[]): string {
  const more = paths.length - SHOWN_PATHS;
  return paths.slice(0, SHOWN_PATHS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
