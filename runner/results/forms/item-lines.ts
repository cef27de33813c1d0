/** The items themselves, a line for each, as the dataset had them. Such a file is a dataset. An item that could not be read has no line. */
import type { RowForm } from '../row-sink.js';

export const itemLinesForm: RowForm = {
  encoder: () => ({
    encode: async (rows) => [
      Buffer.from(rows.map(({ inputJson }) => (inputJson === undefined ? '' : `${inputJson}\n`)).join('')),
    ],
    end: async () => [],
  }),
};
