/** A table of 3,000,000 rows in Parquet, in and out: `spotpool submit` and the writer of results beside pyarrow. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { provisionLocalStack } from '../../runner/wiring/local-stack.js';
import { install } from '../peers/install.js';
import { ARROW, flightsFile } from '../peers/packages.js';
import { startLocalCloudProcess } from '../support/local-cloud.js';
import { inRounds, show } from '../support/rounds.js';
import type { Section } from '../support/section.js';
import type { Sizes } from './sizes.js';
import { type ProgramRun, runTimed } from './timed-program.js';

const ARROW_PROGRAM = path.resolve('bench/data/arrow.py');
const REGION = 'us-east-1';
const ALL_ROWS = 3_000_000;
/** The bound of resident memory: 350 MB, in kilobytes. */
const MOST_PEAK = 350_000;

interface Sample extends ProgramRun {
  /** The peak memory in megabytes. */
  readonly peak: number;
}

const run = promisify(execFile);

async function peaked(
  python: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Sample> {
  const timed = await runTimed({ file: python, args: [ARROW_PROGRAM, 'peak', ...args], env });
  return { ...timed, peak: Number(/^peak (\d+)$/m.exec(timed.stdout)?.[1] ?? NaN) / 1_000 };
}

export async function rowsIn(scratch: string, { rounds, rows }: Sizes): Promise<Section> {
  const python = path.join(await install(ARROW), 'venv/bin/python');
  const [table, lines] = [path.join(scratch, 'flights.parquet'), path.join(scratch, 'flights.jsonl')];
  await symlink(await flightsFile(), table);
  await run(python, [ARROW_PROGRAM, 'in', table, lines]);
  await writeFile(path.join(scratch, 'model.py'), 'def predict(items):\n    return items\n');
  const submit = (dataset: string) =>
    submitted(python, scratch, [dataset, ...(rows < ALL_ROWS ? ['--limit', String(rows)] : [])]);
  const subjects = {
    'pyarrow writes JSON Lines': () =>
      peaked(python, [python, ARROW_PROGRAM, 'in', table, path.join(scratch, 'peer.jsonl')]),
    'spotpool submit, Parquet': () => submit(table),
    'spotpool submit, JSON Lines': () => submit(lines),
  };
  const samples = await inRounds(Object.values(subjects), rounds, (subject) => subject());
  const [peer = [], ours = [], jsonl = []] = Object.values(subjects).map((subject) => samples.get(subject) ?? []);
  const counts = [ALL_ROWS, rows, rows];
  return {
    title: '3,000,000 rows of Parquet in',
    how: 'The flights of vega-datasets: 13 MB, 5 columns, 11 row groups, packed with Zstandard. Each program runs from its start to its end. pyarrow writes a JSON line for each row to a file; spotpool also uploads the lines, writes the job and sends its messages.',
    header: ['', 'rows/s', 'CPU seconds', 'peak memory, MB'],
    rows: [peer, ours, jsonl].map((of, n) => rowOf(Object.keys(subjects)[n] ?? '', of, counts[n] ?? rows)),
    targets: [
      ratio('Parquet is submitted at least as fast as pyarrow writes its lines', ratios(ours, rows, peer, ALL_ROWS), 1),
      ratio('Parquet is submitted at least 0.8 times as fast as JSON Lines', ratios(ours, rows, jsonl, rows), 0.8),
      memory('a submit of Parquet', ours),
    ],
  };
}

async function submitted(python: string, scratch: string, dataset: readonly string[]): Promise<Sample> {
  const cloud = await startLocalCloudProcess();
  try {
    const { endpoint, credentials } = cloud;
    const address = { endpoint, ...credentials, region: REGION, pid: cloud.group.pid };
    const stack = await provisionLocalStack(address, { reclaims: [], maxWorkers: 1 }, AbortSignal.timeout(30_000));
    const stackFile = path.join(scratch, `stack-${cloud.group.pid}.json`);
    await writeFile(stackFile, JSON.stringify(stack));
    const args = [
      'dist/bundle/spotpool.mjs',
      'submit',
      ...dataset,
      '--model',
      path.join(scratch, 'model.py'),
      '--stack',
      stackFile,
    ];
    return await peaked(python, [process.execPath, ...args], {
      SPOTPOOL_HOME: path.join(scratch, `home-${cloud.group.pid}`),
    });
  } finally {
    await cloud.group.stop();
  }
}

export async function rowsOut(scratch: string, { rounds, rows }: Sizes): Promise<Section> {
  const python = path.join(await install(ARROW), 'venv/bin/python');
  const lines = path.join(scratch, 'results.jsonl');
  await writeResults(lines, rows);
  const [theirs, ours] = [path.join(scratch, 'pyarrow.parquet'), path.join(scratch, 'spotpool.parquet')];
  const subjects = {
    'pyarrow reads the lines and writes Parquet': () => peaked(python, [python, ARROW_PROGRAM, 'out', lines, theirs]),
    'spotpool finds the types and writes Parquet': () =>
      peaked(python, [process.execPath, 'dist/bench/data/child.mjs', lines, ours]),
  };
  const samples = await inRounds(Object.values(subjects), rounds, (subject) => subject());
  const compare = `import pyarrow.parquet as pq, sys
a, b = (pq.read_table(f).flatten().select(['index', 'ok', 'output.label', 'output.score', 'output.tokens']) for f in sys.argv[1:])
assert a.num_rows == b.num_rows and all(x.combine_chunks().equals(y.combine_chunks()) for x, y in zip(a.columns, b.columns))`;
  await run(python, ['-c', compare, theirs, ours]);
  const [peer = [], mine = []] = Object.values(subjects).map((subject) => samples.get(subject) ?? []);
  return {
    title: `${rows.toLocaleString('en-US')} results out to Parquet`,
    how: 'Result lines with an output of three fields. Both programs read the same file of lines and write a Snappy file. pyarrow takes the types from the first lines and decodes on all cores. spotpool reads all lines twice, so that a type fits every row. The values of both files were compared.',
    header: ['', 'rows/s', 'CPU seconds', 'peak memory, MB'],
    rows: [peer, mine].map((of, n) => rowOf(Object.keys(subjects)[n] ?? '', of, rows)),
    targets: [memory('writing Parquet', mine)],
    notes: [
      `spotpool writes ${show(ratios(mine, rows, peer, rows), 3)} times as many rows a second as pyarrow, whose reader and writer are C++.`,
    ],
  };
}

async function writeResults(file: string, rows: number): Promise<void> {
  const out = createWriteStream(file);
  const labels = ['cat', 'dog', 'bird'];
  for (let index = 0; index < rows; index += 1) {
    const score = (index * 0.6180339887) % 1;
    const output = JSON.stringify({
      label: labels[index % 3],
      score: score === 0 ? 0.5 : score,
      tokens: (index * 7) % 500,
    });
    if (!out.write(`{"index":${index},"ok":true,"output":${output}}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

const rowOf = (name: string, samples: readonly Sample[], rows: number): readonly string[] => [
  name,
  show(samples.map(({ seconds }) => rows / seconds)),
  show(
    samples.map(({ cpuSeconds }) => cpuSeconds),
    1,
  ),
  show(samples.map(({ peak }) => peak)),
];

const ratios = (
  ours: readonly Sample[],
  ourRows: number,
  peer: readonly Sample[],
  peerRows: number,
): readonly number[] =>
  ours.map(({ seconds }, round) => ourRows / seconds / (peerRows / (peer[round]?.seconds ?? NaN)));

const ratio = (wanted: string, values: readonly number[], least: number): Section['targets'][number] => ({
  wanted,
  measured: `${show(values, 2)} times its rows/s`,
  isMet: Math.min(...values) >= least,
});

const memory = (what: string, samples: readonly Sample[]): Section['targets'][number] => ({
  wanted: `${what} needs at most 350 MB`,
  measured: `${show(samples.map(({ peak }) => peak))} MB`,
  isMet: Math.max(...samples.map(({ peak }) => peak * 1_000)) <= MOST_PEAK,
});
