/** Refuses a file of data or of weights as `--model`. It is what people give by mistake, and no command could start it. */
import { open } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { formatByName } from '../../core/dataset/dataset-format.js';
import { fileKind } from '../../core/dataset/file-kind.js';
import { UserError } from '../errors.js';

const WEIGHTS = /\.(onnx|pt|pth|ckpt|pkl|pickle|joblib|safetensors|gguf|h5|hdf5|keras|tflite|npy|npz|bin|pb)$/i;
const HEAD_BYTES = 4_096;

/** `file` exists and is not executable. */
export async function refuseDataFile(argument: string, file: string): Promise<void> {
  if (WEIGHTS.test(argument)) {
    throw new UserError(
      `--model ${argument} is a file of weights, not a model. Give the program that loads it, such as --model ./model.py, and ship the weights with it.`,
    );
  }
  if (formatByName(argument).kind === 'unknown' && !(await looksLikeData(file))) return;
  throw new UserError(
    `--model ${argument} is a file of data, not a model. The dataset is the first argument, and --model names a module, a directory or a command: ` +
      `spotpool run ${argument} --model ./model.ts`,
  );
}

async function looksLikeData(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    return fileKind(head, isUtf8(head)) !== undefined;
  } finally {
    await handle.close();
  }
}
