/** Runs a model of this benchmark alone, without slot, worker and queue. An item is the input of one `predict`. */
import { pathToFileURL } from 'node:url';

export interface ModelSetup {
  readonly kind: 'model';
  readonly model: string;
}

interface BenchModel {
  readonly load?: () => void;
  readonly predict: (items: readonly unknown[]) => readonly { readonly value: number }[];
}

export async function predictor({ model }: ModelSetup): Promise<(items: readonly unknown[]) => Promise<number>> {
  const { load, predict } = (await import(pathToFileURL(model).href)) as BenchModel;
  load?.();
  return async (items) => predict(items).reduce((sum, { value }) => sum + value, 0);
}
