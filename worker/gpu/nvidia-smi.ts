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

/** Returns no GPUs where there is no nvidia-smi. Rejects when it fails, or does not answer in time. */
export async function readGpus(timeoutMs = TIMEOUT_MS): Promise<readonly GpuReading[]> {
  const running = run('nvidia-smi', ARGUMENTS, { maxBuffer: MOST_OUTPUT_BYTES });
  const { child } = running;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      // A process that waits for a driver that hangs survives every signal, so its end is not waited for.
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      reject(new Error(`nvidia-smi gave no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
  });
  try {
    return parseGpus((await Promise.race([running, late])).stdout);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  } finally {
    clearTimeout(timer);
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
