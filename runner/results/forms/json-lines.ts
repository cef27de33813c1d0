/** JSON Lines: a line for each row, with the keys in a fixed order (core/contract/result-row.ts). */
import { encodeResultRow } from '../../../core/contract/result-row.js';
import type { RowColumns, RowForm } from '../row-sink.js';

export function jsonLinesForm({ hasId, keep, hasInput, hasSource }: RowColumns): RowForm {
  const encoder: RowForm['encoder'] = () => ({
    encode: async (rows) => {
      let text = '';
      for (const row of rows) text += encodeResultRow(row, keep);
      return [Buffer.from(text)];
    },
    end: async () => [],
  });
  const isPlain = !hasId && keep.length === 0 && !hasInput && !hasSource;
  return isPlain ? { encoder, isLines: true } : { encoder };
}
