/**
 * `child.mjs FILE.jsonl OUT.parquet`: writes results as Parquet as `results --out` does: the outcomes are read by its reader of rows, a first time for the
 * types of the columns.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { parquetSurvey } from '../../runner/results/parquet/parquet-form.js';
import { PLAIN_COLUMNS } from '../../runner/results/row-sink.js';
import { rowsOf } from '../../runner/results/rows.js';

const [source = '', target = ''] = process.argv.slice(2);
/** The lines of the file are those of a single outcome. */
const outcome = {
  bytes: async function* (): AsyncGenerator<Uint8Array> {
    for await (const bytes of createReadStream(source)) yield bytes as Buffer;
  },
  planned: { firstIndex: 0, items: Infinity },
};
const survey = parquetSurvey({ columns: PLAIN_COLUMNS });
for await (const rows of rowsOf(outcome)) survey.look(rows);
const encoder = survey.form().encoder();
const out = createWriteStream(target);
const write = async (pieces: readonly Uint8Array[]): Promise<void> => {
  for (const piece of pieces) if (!out.write(piece)) await once(out, 'drain');
};
for await (const rows of rowsOf(outcome)) await write(await encoder.encode(rows));
await write(await encoder.end());
out.end();
await finished(out);
