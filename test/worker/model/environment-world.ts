/** Models with locked packages for tests: a bundle, a bucket with its wheels, and a stand-in for uv. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import type { PhaseTime } from '../../../core/contract/fleet-state.js';
import type { ModelSpec } from '../../../core/contract/job.js';
import { modelBundleKey, wheelKey } from '../../../core/contract/keys.js';
import { ObjectMissing } from '../../../core/contract/object-store.js';
import {
  encodeEnvironment,
  ENVIRONMENT_FILE,
  LOCK_FILE,
  type PythonEnvironment,
} from '../../../core/contract/python-environment.js';
import { prepareModel } from '../../../worker/model/prepare-model.js';
import { ModelUnable } from '../../../worker/model/prepared-models.js';
import type { PrepareModelOptions } from '../../../worker/model/step.js';
import type { PreparedModel } from '../../../worker/slot/slot.js';
import { systemClock } from '../../../worker/system-clock.js';
import { lockOf, type MadeWheel, wheelOf } from '../../support/wheels.js';

const [version = '', machine = '', system = '', executable = ''] = spawnSync(
  'python3',
  [
    '-c',
    'import platform, sys; print("%d.%d" % sys.version_info[:2], platform.machine(), sys.platform, sys.executable)',
  ],
  { encoding: 'utf8' },
)
  .stdout.trim()
  .split(' ');

/** The Python and the platform of the machine that runs the test. */
export const here = {
  python: version,
  platform: `${machine}-${system === 'linux' ? 'manylinux_2_17' : 'apple-darwin'}`,
};

/**
 * The stand-in for uv makes a folder with a link to the interpreter, and then copies the wheels there. It keeps its
 * arguments and its environment. `pip install` does first what the lock's first line says after "#!".
 */
const STAND_IN = `#!/bin/sh
case $1 in
  venv)
    for last; do :; done
    mkdir -p "$last/bin"
    while [ "$1" != --python ]; do shift; done
    ln -s "$2" "$last/bin/python"
    env | sort >"$last/variables"
    ;;
  pip)
    all=$*
    while [ $# -gt 0 ]; do
      case $1 in --python) python=$2 ;; --find-links) links=$2 ;; -r) lock=$2 ;; esac
      shift
    done
    made=\${python%/bin/python}
    eval "$(sed -n '1s/^#!//p' "$lock")"
    echo "$all" >"$made/arguments"
    [ -z "$links" ] || cp "$links"/*.whl "$made"
    ;;
esac
`;

export class EnvironmentWorld {
  readonly installer: MadeWheel;
  readonly packages: readonly MadeWheel[] = [
    wheelOf('one', '1.0', { 'one.py': 'VALUE = 1\n' }),
    wheelOf('two', '2.0', { 'two.py': 'VALUE = 2\n' }),
  ];
  readonly objects = new Map<string, Buffer>();
  readonly fetched: string[] = [];
  readonly log: string[] = [];
  readonly troubles: string[] = [];
  readonly doings: string[] = [];
  readonly phases: PhaseTime[] = [];
  /** Awaited before a key is read. */
  beforeRead: (key: string) => Promise<void> = async () => undefined;
  readonly root: string;
  #bundles = 0;

  private constructor(root: string, installer = wheelOf('uv', '0.1', { 'uv-0.1.data/scripts/uv': STAND_IN })) {
    this.root = root;
    this.installer = installer;
    for (const { wheel, body } of [installer, ...this.packages])
      this.objects.set(wheelKey(wheel.sha256, wheel.file), body);
  }

  static async make(): Promise<EnvironmentWorld> {
    return new EnvironmentWorld(await mkdtemp(path.join(tmpdir(), 'spotpool-env-')));
  }

  get work(): string {
    return path.join(this.root, 'work');
  }

  /** Packs a model that locks packages; `firstLine` is the first line of its lock. */
  async model(changes: Partial<PythonEnvironment> = {}, firstLine = '# locked'): Promise<ModelSpec> {
    const wheels = this.packages.map(({ wheel }) => wheel);
    const environment = {
      version: 1,
      ...here,
      source: 'bucket',
      installer: this.installer.wheel,
      wheels,
      ...changes,
    } as const;
    return this.pack({
      [ENVIRONMENT_FILE]: encodeEnvironment(environment),
      [LOCK_FILE]: `${firstLine}\n${lockOf(environment.wheels)}`,
    });
  }

  async pack(files: Readonly<Record<string, string>>): Promise<ModelSpec> {
    const source = path.join(this.root, `source-${this.#bundles++}`);
    await mkdir(path.join(source, '.spotpool'), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(source, name), text);
    await writeFile(path.join(source, 'model.py'), `# the model ${this.#bundles}\n`);
    await create({ file: `${source}.tar.gz`, gzip: true, cwd: source }, ['.']);
    const bundle = await readFile(`${source}.tar.gz`);
    const digest = createHash('sha256').update(bundle).digest('hex');
    this.objects.set(modelBundleKey(digest), bundle);
    return { name: 'model.py', digest, start: { kind: 'command', argv: ['python3', 'model.py'] } };
  }

  prepare(spec: ModelSpec, changes: Partial<PrepareModelOptions> = {}): Promise<PreparedModel> {
    return prepareModel({
      store: { stream: (key) => this.#stream(key) },
      storeOf: () => ({ stream: (key) => this.#stream(key) }),
      spec,
      options: { concurrency: 1, itemTimeoutSeconds: 10, env: {} },
      secretReader: { read: async () => 'hunter2' },
      directory: this.work,
      // A test that chooses the worker's PATH looks for Python there.
      ...(changes.workerEnv === undefined ? { python: executable } : {}),
      onLog: (line) => this.log.push(line),
      onTrouble: (doing, message) => this.troubles.push(`${doing}: ${message}`),
      report: {
        doing: (phase, doing) => this.doings.push(`${phase}: ${doing}`),
        done: (time) => this.phases.push(time),
      },
      signal: new AbortController().signal,
      clock: systemClock,
      ...changes,
    });
  }

  async unable(spec: ModelSpec, changes: Partial<PrepareModelOptions> = {}): Promise<ModelUnable> {
    const error: unknown = await this.prepare(spec, changes).then(
      () => new Error('It was prepared.'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ModelUnable)) throw error;
    return error;
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true });
  }

  async *#stream(key: string): AsyncGenerator<Buffer> {
    this.fetched.push(key);
    await this.beforeRead(key);
    const body = this.objects.get(key);
    if (body === undefined) throw new ObjectMissing(key);
    for (let start = 0; start < body.length; start += 1_000) yield body.subarray(start, start + 1_000);
  }
}
