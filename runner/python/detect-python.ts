/** Asks this machine's Python for its version and its platform, in the words of a stack's configuration. */
import { check, object, parseJson, text } from '../../core/contract/shape.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { definedFields } from '../../core/defined-fields.js';
import { runProgram } from './run-program.js';

export interface DetectedPython {
  /** The path of the interpreter itself: a `python3` on PATH may lead to another one in another folder. */
  readonly executable: string;
  readonly python: string;
  /** Absent on a system for which uv has no name. */
  readonly platform?: string;
}

const ASK = [
  'import json, platform, sys',
  'system, libc = platform.libc_ver()',
  'print(json.dumps({"executable": sys.executable, "version": "%d.%d" % sys.version_info[:2], "system": sys.platform,',
  ' "machine": platform.machine(), "glibc": libc if system == "glibc" else ""}))',
].join('\n');

const said = object<{ executable: string; version: string; system: string; machine: string; glibc: string }>({
  executable: text(4_096, /./),
  version: text(16, /^3\.\d+$/),
  system: text(64),
  machine: text(64),
  glibc: text(64),
});

/** Undefined when there is no Python 3. `SPOTPOOL_PYTHON` names another interpreter than the `python3` on PATH. */
export async function detectPython(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<DetectedPython | undefined> {
  const program = env['SPOTPOOL_PYTHON'] ?? 'python3';
  const { code, stdout } = await runProgram([program, '-I', '-c', ASK], { env, signal });
  const answer = code === 0 ? check(said, parseJson(stdout)) : undefined;
  if (answer === undefined) return undefined;
  const platform = platformOf(answer);
  return { executable: answer.executable, python: answer.version, ...(platform === undefined ? {} : { platform }) };
}

/** The glibc versions for which uv has a name, beside 2.17 and 2.28. https://docs.astral.sh/uv/reference/cli/#uv-pip-compile--python-platform */
const [LOWEST_GLIBC, HIGHEST_GLIBC] = [31, 40];

export function platformOf(machine: {
  readonly system: string;
  readonly machine: string;
  readonly glibc: string;
}): string | undefined {
  const processor = { arm64: 'aarch64', aarch64: 'aarch64', x86_64: 'x86_64', AMD64: 'x86_64' }[machine.machine];
  if (processor === undefined) return undefined;
  if (machine.system === 'darwin') return `${processor}-apple-darwin`;
  if (machine.system !== 'linux') return undefined;
  const minor = Number(/^2\.(\d+)/.exec(machine.glibc)?.[1]);
  if (Number.isNaN(minor)) return `${processor}-unknown-linux-musl`;
  if (minor < 17) return undefined;
  const named = minor >= LOWEST_GLIBC ? Math.min(minor, HIGHEST_GLIBC) : minor >= 28 ? 28 : 17;
  return `${processor}-manylinux_2_${named}`;
}

/** The fields of a stack whose instances are processes of this machine. */
export const pythonFields = (found: DetectedPython | undefined): Pick<StackConfig, 'python' | 'platform'> =>
  found === undefined ? {} : { python: found.python, ...definedFields({ platform: found.platform }) };

/** The variable by which such an instance's worker runs the same interpreter. */
export const pythonVariables = (found: DetectedPython | undefined): Readonly<Record<string, string>> =>
  found === undefined ? {} : { SPOTPOOL_PYTHON: found.executable };
