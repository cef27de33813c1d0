/** Every item is wrong, as when a dataset has other fields than the model expects. */
export function predict() {
  throw new Error("there is no field 'smiles'");
}
