/** The JSON of `try --json`. Inputs and outputs are values, not text. */
import { parseJson } from '../../core/contract/shape.js';
import type { ProbeResult } from '../../core/probe/probe.js';
import { definedFields } from '../../core/defined-fields.js';
import { perItem } from '../../core/probe/pace.js';
import { isUsable, type TryReport } from './try-report.js';

export function jsonReport(report: TryReport): Readonly<Record<string, unknown>> {
  const { model, items, pace, repeated, shipped, ...others } = report;
  return {
    usable: isUsable(report),
    ...others,
    model: {
      name: model.name,
      digest: model.digest,
      start: model.start,
      ...definedFields({ python: model.python, weights: model.weights }),
    },
    shipped,
    ...(pace === undefined
      ? {}
      : { pace: { ...pace, slowest: { ...pace.slowest, msPerItem: perItem(pace.slowest) } } }),
    items: items.map(({ index, input, idJson, result }) => ({
      index,
      ...(idJson === undefined ? {} : { id: parseJson(idJson) }),
      ...(input.kind === 'item' ? { input: parseJson(input.json) } : { unreadable: input.error }),
      ...(result === undefined ? {} : answerOf(result)),
    })),
    ...(repeated === undefined
      ? {}
      : {
          repeated: {
            items: repeated.items,
            differences: repeated.differences.map(({ index, first, second }) => ({
              index,
              first: answerOf(first),
              second: answerOf(second),
            })),
          },
        }),
  };
}

const answerOf = (result: ProbeResult): Readonly<Record<string, unknown>> =>
  result.ok ? { ok: true, output: parseJson(result.outputJson) } : { ok: false, error: result.error };
