import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wheelKey } from '../../../core/contract/keys.js';
import type { Clock } from '../../../worker/ports.js';
import { EnvironmentWorld, here } from './environment-world.js';

let world: EnvironmentWorld;
beforeEach(async () => {
  world = await EnvironmentWorld.make();
});
afterEach(() => world.remove());

/** A clock on which the pauses between tries are over at once, and no program takes too long. */
const quickClock = (onPause: () => void = () => undefined): Clock => ({
  nowMs: () => 0,
  sleep: async (ms, signal) => {
    if (ms < 60_000) return onPause();
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('over')));
    });
  },
});
const neverPauses = quickClock(() => {
  throw new Error('It waited.');
});
const environmentOf = (python = ''): string => path.dirname(path.dirname(python));

describe('the Python environment of a model', () => {
  it('is made from the wheels in the bucket, and its interpreter is the model’s', async () => {
    const { python, directory, variables } = await world.prepare(await world.model());
    const environment = environmentOf(python);
    expect(environment).toBe(path.join(path.dirname(directory), 'env'));
    const wheels = world.packages.map(({ wheel }) => wheel.file);
    expect((await readdir(environment)).filter((name) => name.endsWith('.whl'))).toEqual(wheels);
    expect(variables).toMatchObject({ VIRTUAL_ENV: environment });
    expect(variables?.['PATH']?.split(':')[0]).toBe(path.join(environment, 'bin'));
    expect(world.troubles).toEqual([]);
  });

  it('is installed by hashes, from wheels alone, and without a network', async () => {
    const { python } = await world.prepare(await world.model());
    const words = (await readFile(path.join(environmentOf(python), 'arguments'), 'utf8')).trim().split(' ');
    expect(words).toEqual(expect.arrayContaining(['--require-hashes', '--no-deps', '--only-binary', '--no-index']));
    expect(await readFile(path.join(environmentOf(python), 'variables'), 'utf8')).toContain('UV_OFFLINE=1\n');
  });

  it('is made without the job’s secrets and variables, and with no folder outside the work directory', async () => {
    const options = { concurrency: 1, itemTimeoutSeconds: 10, env: { MODE: 'fast' }, secrets: { TOKEN: 'arn:t' } };
    const workerEnv = {
      PATH: process.env['PATH'],
      HOME: '/home/me',
      UV_CONFIG_FILE: '/home/me/uv.toml',
      UV_INDEX_URL: 'x',
    };
    const { python } = await world.prepare(await world.model(), { options, workerEnv });
    const lines = (await readFile(path.join(environmentOf(python), 'variables'), 'utf8')).trim().split('\n');
    const variables = Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
    for (const name of ['MODE', 'TOKEN', 'UV_CONFIG_FILE', 'UV_INDEX_URL']) expect(variables).not.toHaveProperty(name);
    expect(variables).toMatchObject({ UV_NO_CONFIG: '1', UV_PYTHON_DOWNLOADS: 'never' });
    for (const name of ['HOME', 'TMPDIR', 'UV_CACHE_DIR', 'UV_PYTHON_INSTALL_DIR']) {
      expect(variables[name]).toMatch(new RegExp(`^${world.work}/`));
    }
  });

  it('is where setup runs', async () => {
    const spec = { ...(await world.model()), setup: 'command -v python; echo "$VIRTUAL_ENV"; echo "$HOME" "$TMPDIR"' };
    const { python, directory } = await world.prepare(spec);
    const root = path.dirname(directory);
    expect(world.log).toEqual([python, environmentOf(python), `${root}/home ${root}/t`]);
  });

  it('reports each step with what it does, its time and its bytes', async () => {
    await world.prepare({ ...(await world.model()), setup: 'true' });
    expect(world.phases.map(({ phase }) => phase)).toEqual(['fetch', 'environment', 'setup']);
    const bytes = world.packages.reduce((sum, { wheel }) => sum + wheel.bytes, 0);
    expect(world.phases[1]?.bytes).toBe(bytes);
    expect(world.doings).toContain('environment: installing 2 packages for model.py');
  });

  it('shares wheels and installer with later models, and nothing else', async () => {
    const first = await world.prepare(await world.model());
    world.fetched.length = 0;
    const second = await world.prepare(await world.model());
    expect(second.python).not.toBe(first.python);
    expect(second.variables?.['HOME']).not.toBe(first.variables?.['HOME']);
    expect(world.fetched.filter((key) => key.endsWith('.whl'))).toEqual([]);
    expect((await readdir(path.dirname(first.directory))).sort()).toEqual([
      'env',
      'home',
      'model',
      expect.stringMatching(/^ready-[0-9a-f]{64}$/),
      't',
    ]);
  });

  it('fetches each wheel once for models that are prepared at the same time', async () => {
    const specs = [await world.model(), await world.model(), await world.model()];
    await Promise.all(specs.map((spec) => world.prepare(spec)));
    expect(world.fetched.filter((key) => key.endsWith('.whl'))).toHaveLength(3);
  });

  it('is refused with both versions when the instance has another Python', async () => {
    const { phase, message } = await world.unable(await world.model({ python: '3.99' }));
    expect(phase).toBe('environment');
    expect(message).toContain(`are locked for Python 3.99 on ${here.platform}, but `);
    expect(message).toContain(`is Python ${here.python} on `);
    expect(message).toContain("Deploy the stack with the property python: '3.99'");
    expect(world.fetched).toHaveLength(1);
  });

  it('is refused when it was locked for another architecture or another system', async () => {
    for (const platform of ['s390x-manylinux_2_34', 'x86_64-pc-windows-msvc']) {
      const { phase, message } = await world.unable(await world.model({ platform }));
      expect([phase, message]).toEqual([
        'environment',
        expect.stringContaining(`Python ${here.python} on ${platform}, but`),
      ]);
    }
  });

  it('is refused when the instance has no Python, and when its Python does not start', async () => {
    const spec = await world.model();
    const none = await world.unable(spec, { workerEnv: { PATH: '/nowhere' } });
    expect(none.message).toContain('this instance has no Python: there is no python3 on its PATH');
    expect((await world.unable(spec, { python: '/nowhere/python' })).message).toContain(
      '/nowhere/python is no program',
    );
    const broken = await world.unable(spec, { python: '/bin/false' });
    expect(broken.message).toContain('/bin/false does not start (exit code 1)');
  });

  it('is refused when the bundle should have a lock and has none', async () => {
    const python = { ...here, source: 'bucket', packages: 2, bytes: 1 } as const;
    const { phase, message } = await world.unable({ ...(await world.pack({})), python });
    expect([phase, message]).toEqual(['environment', expect.stringContaining('.spotpool/environment.json')]);
  });

  it('is refused when a wheel is damaged or missing, at once, whatever the other wheels do', async () => {
    const spec = await world.model();
    const [first, second] = world.packages.map(({ wheel }) => wheelKey(wheel.sha256, wheel.file));
    world.objects.set(first ?? '', Buffer.from('damaged'));
    world.beforeRead = async (key) => {
      if (key === second) throw new Error('connect ECONNREFUSED');
    };
    const { phase, message } = await world.unable(spec);
    expect([phase, message]).toEqual(['environment', expect.stringContaining('one-1.0-py3-none-any.whl')]);
    world.beforeRead = async () => undefined;
    world.objects.delete(first ?? '');
    expect((await world.unable(spec, { clock: neverPauses })).message).toContain(first);
  });

  it('waits for an outage of the bucket, however long, and reports it', async () => {
    let failures = 50;
    world.beforeRead = async (key) => {
      if (key.endsWith('.whl') && failures-- > 0) throw new Error('connect ECONNREFUSED');
    };
    await world.prepare(await world.model(), { clock: quickClock() });
    expect(world.troubles).toHaveLength(50);
    expect(world.troubles[0]).toMatch(/^fetching packages: Could not fetch .*\.whl for the model model\.py \(connect/);
  });

  it('takes wheels from the package index when they are not in the bucket, and waits while the index is down', async () => {
    const failTwice =
      'n=$(cat "$made/../../../tries" 2>/dev/null); echo "x$n" >"$made/../../../tries"; ' +
      '[ "$n" = xx ] || { echo "  cause: error sending request for url (https://index/one/)" >&2; exit 2; }';
    const indexes = ['https://index.example/simple', 'https://more.example/simple'];
    const spec = await world.model({ source: 'index', indexes }, `#!${failTwice}`);
    const { python } = await world.prepare(spec, { clock: quickClock() });
    const words = await readFile(path.join(environmentOf(python), 'arguments'), 'utf8');
    expect(words).toContain(`--index ${indexes[0]} --default-index ${indexes[1]}`);
    expect(words).toContain('--require-hashes');
    expect(words).not.toContain('--no-index');
    expect(world.troubles).toHaveLength(2);
    expect(world.fetched.filter((key) => key.endsWith('.whl'))).toHaveLength(1);
  });

  it('is refused with the installer’s own words when it refuses a wheel, and is made again when asked again', async () => {
    const refuse = '[ -e "$made/../../../allowed" ] || { echo "No space left on device (os error 28)" >&2; exit 1; }';
    const spec = await world.model({}, `#!${refuse}`);
    const { phase, message } = await world.unable(spec, {
      clock: neverPauses,
    });
    expect(phase).toBe('environment');
    expect(message).toContain('Could not install the packages of the model model.py (exit code 1).');
    expect(message).toContain('No space left on device');
    await writeFile(path.join(world.work, 'allowed'), '');
    await world.prepare(spec);
  });

  it('is given up when nobody wants the model any more, and is made again when asked again', async () => {
    const spec = await world.model({}, '#!echo installing; [ -e "$made/../../../allowed" ] || sleep 1000');
    const abort = new AbortController();
    const onLog = (): void => abort.abort(new Error('drained'));
    await expect(world.prepare(spec, { signal: abort.signal, onLog })).rejects.toThrow('drained');
    await writeFile(path.join(world.work, 'allowed'), '');
    const { python } = await world.prepare(spec);
    await access(path.join(environmentOf(python), 'arguments'));
  });
});
