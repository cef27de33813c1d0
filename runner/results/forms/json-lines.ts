/** JSON Lines: a line for each row, with the keys in a fixed order (core/contract/result-row.ts). */
import { encodeResultRow, type ResultRow } from '../../../core/contract/result-row.js';
import type { RowColumns, RowForm } from '../row-sink.js';

export function jsonLinesForm({ hasId, keep, hasInput, hasSource, hasJob = false }: RowColumns): RowForm {
  const encoder: RowForm['encoder'] = () => ({
    encode: async (rows) => {
      let text = '';
      for (const row of rows) text += encodeResultRow(hasInput ? row : withoutInput(row), keep);
      return [Buffer.from(text)];
    },
    end: async () => [],
  });
  const isPlain = !hasId && keep.length === 0 && !hasInput && !hasSource && !hasJob;
  return isPlain ? { encoder, isLines: true } : { encoder };
}

/** The inputs of failed items may be joined for another output alone. */
function withoutInput(row: ResultRow): ResultRow {
  if (row.inputJson === undefined) return row;
  const { inputJson: _inputJson, ...others } = row;
  return others;
}
