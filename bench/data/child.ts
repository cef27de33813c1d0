/** `child.mjs FILE.jsonl OUT.parquet`: writes results as Parquet as `results --out` does, with a first reading for the types of the columns. */
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import type { ResultRow } from '../../core/contract/result-row.js';
import { parquetSurvey } from '../../runner/results/parquet/parquet-form.js';
import { PLAIN_COLUMNS } from '../../runner/results/row-sink.js';

const BATCH_ROWS = 1_000;

async function* rowsOf(file: string): AsyncGenerator<readonly ResultRow[]> {
  let rows: ResultRow[] = [];
  let index = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const head = `{"index":${index},"ok":true,"output":`;
    if (!line.startsWith(head)) throw new Error(`Line ${index} is no result.`);
    rows.push({ index, ok: true, outputJson: line.slice(head.length, -1) });
    index += 1;
    if (rows.length < BATCH_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

const [source = '', target = ''] = process.argv.slice(2);
const survey = parquetSurvey({ columns: PLAIN_COLUMNS });
for await (const rows of rowsOf(source)) survey.look(rows);
const encoder = survey.form().encoder();
const out = createWriteStream(target);
const write = async (pieces: readonly Uint8Array[]): Promise<void> => {
  for (const piece of pieces) if (!out.write(piece)) await once(out, 'drain');
};
for await (const rows of rowsOf(source)) await write(await encoder.encode(rows));
await write(await encoder.end());
out.end();
await finished(out);
