import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drugbankSmiles } from '../../examples/molecules/drugbank.mjs';
import type { MoleculeReport } from '../../examples/molecules/model.js';
import { packageModel } from '../../runner/model/package-model.js';

type Predicted = MoleculeReport | (Error & { readonly code?: string });
interface MoleculesModel {
  load(): Promise<void>;
  predict(items: readonly unknown[]): readonly Predicted[];
}

const ASTEMIZOLE = 'COc1ccc(CCN2CCC(Nc3nc4ccccc4n3Cc3ccc(F)cc3)CC2)cc1';
const ASPIRIN = 'CC(=O)Oc1ccccc1C(=O)O';
const UNREADABLE = 'C[C@@H](O)[C@@H](N)C1=NC(Cc2cnc3cccc(F)c23)=C(O)N1CC(O)=O';

let directory: string;
let model: MoleculesModel;

beforeAll(async () => {
  const cwd = path.dirname(createRequire(import.meta.url).resolve('../../package.json'));
  const request = { argument: 'examples/molecules/model.ts', cwd, searchPath: '' };
  const bundle = await packageModel(request, new AbortController().signal);
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-molecules-'));
  await extract({ file: bundle.file, cwd: directory });
  await bundle.dispose();
  model = (await import(pathToFileURL(path.join(directory, 'model.mjs')).href)) as MoleculesModel;
  await model.load();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the molecules model', () => {
  it('predicts that astemizole blocks hERG more than aspirin, and describes both', () => {
    const [astemizole, aspirin] = model.predict([ASTEMIZOLE, ASPIRIN]) as MoleculeReport[];
    expect(astemizole?.herg).toBeGreaterThan((aspirin?.herg ?? 0) + 2);
    expect(aspirin).toMatchObject({ molecularWeight: 180.159, hBondDonors: 1, hBondAcceptors: 3, rings: 1 });
  });

  it('puts an error with a code in the place of what is not a molecule', () => {
    const [bad, number, good] = model.predict([UNREADABLE, 7, ASPIRIN]);
    expect(bad).toMatchObject({ code: 'UnreadableSmiles' });
    expect(number).toMatchObject({ code: 'NotASmiles' });
    expect(good).toMatchObject({ molecularWeight: 180.159 });
  });

  it('errs on every later item once a molecule has broken RDKit, so that the slot is seen to be broken', () => {
    const [chain, ...later] = model.predict(['C'.repeat(1_000), ASPIRIN, ASTEMIZOLE]);
    expect(chain).toBeInstanceOf(Error);
    expect(later.every((prediction) => prediction instanceof Error)).toBe(true);
  });
});

it('the list of drugs is read out of the installed package as text', () => {
  const drugs = drugbankSmiles();
  expect(drugs).toHaveLength(7_236);
  expect(drugs).toContain(UNREADABLE);
  expect(drugs.at(-1)).toBe('CCC(=O)O[C@]1(CCN(C)C[C@H]1C)C1=CC=CC=C1');
});
