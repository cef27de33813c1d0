/** Locks with the real uv against the real package index, for a machine that is not this one. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { wheelKey } from '../../core/contract/keys.js';
import { packageModel } from '../../runner/model/package-model.js';
import { cacheDirectory } from '../../runner/python/file-cache.js';
import { putWheels } from '../../runner/python/put-wheels.js';
import type { PackagesRequest } from '../../runner/python/python-packages.js';
import { tempDirectory } from '../runner/model/files.js';
import { MemoryStore } from '../support/memory-store.js';

const signal = new AbortController().signal;
const MODEL = 'import numpy\ndef predict(items):\n    return items\n';

function packagesFor(processor: string, cache: string): PackagesRequest {
  const target = { python: '3.13', platform: `${processor}-manylinux_2_34`, isIsolated: false, isThisMachine: false };
  return { env: { ...process.env, XDG_CACHE_HOME: cache }, target };
}

it('a submit to a stack of arm64 puts arm64 wheels, with the markers of arm64, and a second one downloads nothing', async () => {
  const cwd = await tempDirectory({
    'model.py': MODEL,
    'requirements.txt': [
      'numpy',
      'orjson',
      "colorama; platform_machine == 'aarch64'",
      "tomli; platform_machine == 'x86_64'",
      "pytz; python_version < '3.13'",
    ].join('\n'),
  });
  const cache = await tempDirectory();
  const packages = packagesFor('aarch64', cache);
  const request = { argument: 'model.py', cwd, searchPath: '', architecture: 'arm64' as const, packages };
  const model = await packageModel(request, signal);
  const store = new MemoryStore();
  const put = await putWheels(model.packages?.files ?? [], store, signal);
  await model.dispose();

  const { wheels = [], installer } = model.packages?.environment ?? {};
  expect(wheels.map(({ name }) => name)).toEqual(['colorama', 'numpy', 'orjson']);
  expect(wheels.map(({ file }) => /_aarch64\.whl$|-none-any\.whl$/.test(file))).toEqual([true, true, true]);
  expect(wheels.find(({ name }) => name === 'numpy')?.file).toContain('cp313-cp313-manylinux');
  expect(installer?.file).toContain('aarch64');
  expect(model.spec.python).toMatchObject({
    python: '3.13',
    platform: 'aarch64-manylinux_2_34',
    source: 'bucket',
    packages: 3,
  });
  expect(put).toMatchObject({ uploaded: 4, present: 0 });
  for (const wheel of [...wheels, ...(installer === undefined ? [] : [installer])]) {
    expect((await store.head(wheelKey(wheel.sha256, wheel.file), { signal }))?.size).toBe(wheel.bytes);
  }

  const offline = { ...packages.env, UV_OFFLINE: '1' };
  const again = await packageModel({ ...request, packages: { ...packages, env: offline } }, signal);
  await again.dispose();
  expect(again.spec.digest).toBe(model.spec.digest);
  expect(await putWheels(again.packages?.files ?? [], store, signal)).toMatchObject({ uploaded: 0, present: 4 });
  const copy = new MemoryStore();
  expect(await putWheels(again.packages?.files ?? [], copy, signal)).toMatchObject({ uploaded: 4 });
});

it('the chosen wheels are those that uv itself would install on that platform', async () => {
  const cwd = await tempDirectory({ 'model.py': MODEL, 'requirements.txt': 'numpy\ncryptography\nregex\npyyaml\n' });
  const cache = await tempDirectory();
  const packages = packagesFor('x86_64', cache);
  const model = await packageModel({ argument: 'model.py', cwd, searchPath: '', packages }, signal);
  await model.dispose();
  const found = execFileSync('find', [path.join(cacheDirectory(packages.env), 'uv'), '-name', 'uv', '-type', 'f'], {
    encoding: 'utf8',
  });
  const uv = found.trim().split('\n')[0] ?? '';
  const target = path.join(cwd, 'target');
  const lock = path.join(cwd, 'lock.txt');
  const { wheels = [] } = model.packages?.environment ?? {};
  // Without hashes uv chooses the file by itself.
  const pins = wheels.map(({ name, version }) => `${name}==${version}`).join('\n');
  await writeFile(lock, pins);
  const platform = ['--python-platform', 'x86_64-manylinux_2_34', '--python-version', '3.13', '--only-binary', ':all:'];
  execFileSync(uv, ['pip', 'install', '--no-deps', '--target', target, ...platform, '-r', lock], { stdio: 'pipe' });
  for (const { name, version, file } of wheels) {
    const info = path.join(target, `${name.replaceAll('-', '_')}-${version}.dist-info`, 'WHEEL');
    const tags = [...(await readFile(info, 'utf8')).matchAll(/^Tag: (.*)$/gm)].map(([, tag = '']) => tag.trim());
    expect(
      tags.some((tag) => tag.split('-').every((part) => file.includes(part))),
      `${file}: ${tags.join(' ')}`,
    ).toBe(true);
  }
});

it('a package without a wheel for the platform is named, with the ways out', async () => {
  const cwd = await tempDirectory({ 'model.py': MODEL, 'requirements.txt': 'docopt\n' });
  const packages = packagesFor('aarch64', await tempDirectory());
  await expect(packageModel({ argument: 'model.py', cwd, searchPath: '', packages }, signal)).rejects.toThrow(
    /requirements\.txt: docopt has no wheel for the fleet's instances \(Python 3\.13 on aarch64-manylinux_2_34\)/,
  );
});
