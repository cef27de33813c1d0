/** The 7,236 SMILES strings of DrugBank that come inside the package smiles-drawer. */
export function drugbankSmiles(): string[];
/** Writes them to a file, one a line. */
export function writeDrugbank(file: string): void;
