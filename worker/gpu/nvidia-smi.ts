/**
 * Reads the instance's GPUs with nvidia-smi, the driver's own program.
 * https://docs.nvidia.com/deploy/nvidia-smi/index.html
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface GpuReading {
  /** The index by which nvidia-smi and CUDA (in the order of the PCI bus) know the GPU. */
  readonly index: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly usedBytes: number;
  /** The share of the last moments in which the GPU was busy, from 0 to 1; undefined where the driver does not tell it. */
  readonly use: number | undefined;
}

const FIELDS = 'index,uuid,name,memory.total,memory.used,utilization.gpu';
const ARGUMENTS = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits'];
/** The first call may load the driver, which takes seconds. */
const TIMEOUT_MS = 20_000;
const MOST_OUTPUT_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;

const run = promisify(execFile);

/** Returns no GPUs where there is no nvidia-smi. Rejects when it fails. */
export async function readGpus(): Promise<readonly GpuReading[]> {
  try {
    const { stdout } = await run('nvidia-smi', ARGUMENTS, { timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT_BYTES });
    return parseGpus(stdout);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Leaves out lines that are no GPU. A value that the driver does not support is `[N/A]` or `[Not Supported]`. */
export function parseGpus(text: string): readonly GpuReading[] {
  return text.split('\n').flatMap((line) => {
    const [index = '', uuid = '', name = '', total, used, use] = line.split(',').map((field) => field.trim());
    if (!/^\d+$/.test(index) || uuid === '') return [];
    const percent = numberIn(use);
    return [
      {
        index,
        name,
        memoryBytes: (numberIn(total) ?? 0) * MIB,
        usedBytes: (numberIn(used) ?? 0) * MIB,
        use: percent === undefined ? undefined : percent / 100,
      },
    ];
  });
}

const numberIn = (field: string | undefined): number | undefined =>
  field !== undefined && /^\d+(\.\d+)?$/.test(field) ? Number(field) : undefined;
