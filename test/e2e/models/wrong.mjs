/** Fails every item, as when the dataset has other fields than the model expects. */
export function predict() {
  throw new Error("there is no field 'smiles'");
}
