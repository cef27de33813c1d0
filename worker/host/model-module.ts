/** Finds the model in a module: its default export if that has `predict`, otherwise the module's named exports. */
import type { Model } from '../../core/contract/model-api.js';

export function modelOf(exports: unknown, entry: string): Model {
  const candidates = [exports, member(exports, 'default'), member(member(exports, 'default'), 'default')];
  const model = candidates.findLast((candidate) => typeof member(candidate, 'predict') === 'function');
  if (model === undefined) {
    throw new Error(
      `${entry} is no model: it must export a function predict(items, context), by name or in its default export.`,
    );
  }
  const load = member(model, 'load');
  if (load !== undefined && typeof load !== 'function') throw new Error(`${entry}: load must be a function.`);
  for (const name of ['maxSliceItems', 'maxConcurrency']) {
    const max = member(model, name);
    if (max === undefined || (Number.isSafeInteger(max) && (max as number) > 0)) continue;
    throw new Error(`${entry}: ${name} must be a whole number above 0.`);
  }
  return model as Model;
}

function member(value: unknown, name: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
