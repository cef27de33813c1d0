/** Returns the 7,236 SMILES strings of DrugBank that the package smiles-drawer contains. */
export function drugbankSmiles(): string[];
/** Writes these SMILES strings to a file, one per line. */
export function writeDrugbank(file: string): void;
