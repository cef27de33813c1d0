/**
 * Predicts hERG cardiotoxicity and computes descriptors of molecules. Each item is a SMILES string.
 *
 *   spotpool run drugs.txt --model examples/molecules/model.ts
 *
 * In your own project, import the types from the package: import type { Model } from 'spotpool'.
 */
import rdkitModule, { type MainModule } from '@rdkit/rdkit';
import rdkitWasm from '@rdkit/rdkit/RDKit_minimal.wasm';
import type { Prediction } from '../../core/contract/model-api.js';
import { HergNetwork, INPUTS } from './herg-network.js';
import weights from './herg-weights.bin';

export interface MoleculeReport {
  /** The SMILES string in RDKit's canonical form. */
  readonly smiles: string;
  /** The predicted pIC50 for the hERG potassium channel. A molecule with 5 or more is a likely blocker. */
  readonly herg: number;
  readonly molecularWeight: number;
  readonly cLogP: number;
  readonly tpsa: number;
  readonly hBondDonors: number;
  readonly hBondAcceptors: number;
  readonly rotatableBonds: number;
  readonly rings: number;
  readonly fractionCsp3: number;
}

// The package's types describe an ES module, but it is a CommonJS module, so the import is the function itself.
const initRDKit = rdkitModule as unknown as typeof rdkitModule.default;

const FINGERPRINT = JSON.stringify({ radius: 2, nBits: INPUTS });

let rdkit: MainModule;
let network: HergNetwork;

export async function load(): Promise<void> {
  rdkit = await initRDKit({ locateFile: () => rdkitWasm });
  // RDKit would log every molecule that it cannot read to stderr, although the result line names it already.
  rdkit.disable_logging();
  network = await HergNetwork.load(weights);
}

export function predict(items: readonly unknown[]): readonly Prediction<MoleculeReport>[] {
  // A molecule can break RDKit for all molecules after it. Each of them then gives an error, and spotpool rebuilds the slot.
  return items.map((item) => {
    try {
      return reportOf(item);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
}

function reportOf(item: unknown): MoleculeReport {
  if (typeof item !== 'string') throw codedError('NotASmiles', 'The item is not a SMILES string.');
  const mol = rdkit.get_mol(item);
  if (mol === null) throw codedError('UnreadableSmiles', `RDKit cannot read ${item.slice(0, 200)}`);
  try {
    const descriptors = JSON.parse(mol.get_descriptors()) as Readonly<Record<string, number>>;
    const descriptor = (name: string): number => rounded(descriptors[name] ?? 0, 3);
    return {
      smiles: mol.get_smiles(),
      herg: rounded(network.predict(mol.get_morgan_fp_as_uint8array(FINGERPRINT) as Uint8Array), 3),
      molecularWeight: descriptor('amw'),
      cLogP: descriptor('CrippenClogP'),
      tpsa: descriptor('tpsa'),
      hBondDonors: descriptor('NumHBD'),
      hBondAcceptors: descriptor('NumHBA'),
      rotatableBonds: descriptor('NumRotatableBonds'),
      rings: descriptor('NumRings'),
      fractionCsp3: descriptor('FractionCSP3'),
    };
  } finally {
    mol.delete(); // The memory of a WASM module is not garbage-collected.
  }
}

const codedError = (code: string, message: string): Error => Object.assign(new Error(message), { code });

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
