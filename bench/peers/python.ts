/** Finds the Python for a peer: the first one that its pins are for and that can create virtual environments. */
import { spawnSync } from 'node:child_process';

export interface Python {
  readonly file: string;
  /** The version, for example `3.12`. */
  readonly version: string;
}

/** This variable names an interpreter that is not on the path or has an unusual name. */
const CHOSEN = 'PYTHON';
const ASK_TIMEOUT_MS = 20_000;
/**
 * Debian keeps ensurepip in a package of its own (python3-venv), and a Python without it cannot create virtual
 * environments.
 */
const QUESTION = `import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)`;

export function findPython(
  versions: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): { readonly python: Python } | { readonly problem: string } {
  const chosen = env[CHOSEN] ?? '';
  const names = chosen === '' ? [...versions.map((version) => `python${version}`), 'python3'] : [chosen];
  const problems: string[] = [];
  for (const name of names) {
    const asked = spawnSync(name, ['-c', QUESTION], { encoding: 'utf8', timeout: ASK_TIMEOUT_MS, env });
    if (asked.status !== 0) {
      if (asked.stderr?.includes('ensurepip'))
        problems.push(`${name} has no venv (Debian: apt-get install python3-venv)`);
      else if (chosen !== '') problems.push(`${CHOSEN} is ${name}, which does not run`);
      continue;
    }
    const [version = '', file = ''] = asked.stdout.trim().split(/ (.*)/s);
    if (versions.includes(version)) return { python: { file, version } };
    problems.push(/^\d+\.\d+$/.test(version) ? `${name} is ${version}` : `${name} is not a Python interpreter`);
  }
  const found = problems.length === 0 ? 'none was found' : problems.join(', ');
  return { problem: `It needs Python ${versions.join(' or ')}: ${found}. Set ${CHOSEN} to name another.` };
}
