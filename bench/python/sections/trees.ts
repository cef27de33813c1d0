/** Measures work for the processor alone in Python, as in the concurrency literature: decision trees with scikit-learn. */
import { availableParallelism } from 'node:os';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import type { BenchCloud } from '../../throughput/lab/cloud.js';
import { busyOf, outputsOf } from '../../throughput/lab/outcomes.js';
import { literature, PythonWorker, runWay, type Way } from '../lab.js';
import type { Sizes } from '../sizes.js';

const CORES = availableParallelism();
const LEAST_OF_A_CORE = 0.95;
/** Cores that share one processor's units do not double the work. The bare processes of the same run show how much two cores really do. */
const LEAST_OF_PROCESSES = 0.95;
const MODEL = 'trees.py';
/** Each lane or slot trains this many trees before the clock starts. */
const WARM_UP = 2;

type Kind = Exclude<Way, 'asyncio'> | 'cpus' | 'auto';
const KINDS: readonly Kind[] = ['serial', 'threads', 'processes', 'cpus', 'auto'];
const TITLES: Readonly<Record<Kind, string>> = {
  serial: 'one after another',
  threads: `${CORES} threads`,
  processes: `${CORES} processes (multiprocessing)`,
  cpus: `spotpool, --slots cpus (${CORES})`,
  auto: 'spotpool, without options',
};

interface Sample {
  readonly seconds: number;
  readonly value: number;
  readonly chose?: string;
}

export async function trees(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const python = await literature();
  const samples = await inRounds(KINDS, sizes.rounds, (kind) =>
    kind === 'cpus' || kind === 'auto' ? inWorker(cloud, python, sizes, kind) : inWay(cloud, python, sizes, kind),
  );
  const values = new Set([...samples.values()].flat().map(({ value }) => value.toPrecision(9)));
  if (values.size !== 1) throw new Error(`The ways disagree about the result: ${[...values].join(', ')}`);
  const times = (kind: Kind): number[] => (samples.get(kind) ?? []).map(({ seconds }) => seconds);
  const serial = medianOf(times('serial'));
  const aCore = (kind: Kind): number => serial / medianOf(times(kind)) / CORES;
  const ofProcesses = (kind: Kind): number => medianOf(times('processes')) / medianOf(times(kind));
  const chose = new Set((samples.get('auto') ?? []).map((sample) => sample.chose ?? ''));
  return {
    title: 'Work for the processor alone in Python: decision trees',
    how:
      `${sizes.trees} regression trees of scikit-learn, each on a sample of its own of ${sizes.treeRows.toLocaleString('en-US')} rows of 6 features; a tree is an item. ` +
      `Timed from the first item's start to the last one's end, with models loaded and warmed up (${WARM_UP} trees each; without options, jobs of the same size until spotpool tried no other number of slots). ` +
      `The machine has ${CORES} cores, on which the local cloud and the worker run, too.`,
    header: ['', 's', '× one after another', 'of that for each core', 'processes / time'],
    rows: KINDS.map((kind) => [
      TITLES[kind],
      show(times(kind), 2),
      (serial / medianOf(times(kind))).toFixed(2),
      kind === 'serial' ? '' : aCore(kind).toFixed(2),
      ofProcesses(kind).toFixed(3),
    ]),
    targets: (['cpus', 'auto'] as const).flatMap((kind) => [
      {
        wanted: `${TITLES[kind]}: at least ${LEAST_OF_PROCESSES} of as many bare processes`,
        measured: ofProcesses(kind).toFixed(2),
        isMet: ofProcesses(kind) >= LEAST_OF_PROCESSES,
      },
      {
        wanted: `${TITLES[kind]}: at least ${LEAST_OF_A_CORE} a core (the bare processes: ${aCore('processes').toFixed(2)})`,
        measured: aCore(kind).toFixed(2),
        isMet: aCore(kind) >= LEAST_OF_A_CORE,
      },
    ]),
    notes: [`The choice without options, in the worker's words: ${[...chose].join(' / ')}`],
  };
}

const seedsOf = ({ trees: count }: Sizes): number[] => Array.from({ length: count }, (_, seed) => seed);
const environment = ({ treeRows }: Sizes): Readonly<Record<string, string>> => ({ BENCH_ROWS: String(treeRows) });

async function inWay(cloud: BenchCloud, python: string, sizes: Sizes, way: Way): Promise<Sample> {
  const setup = { way, task: 'trees', width: CORES, items: seedsOf(sizes), passes: 1, warmUp: WARM_UP } as const;
  const { wallMs, value } = await runWay(cloud, python, setup, environment(sizes));
  return { seconds: (wallMs[0] ?? NaN) / 1_000, value };
}

async function inWorker(cloud: BenchCloud, python: string, sizes: Sizes, slots: 'cpus' | 'auto'): Promise<Sample> {
  const worker = await PythonWorker.start(cloud, python);
  const options = { slots, concurrency: slots === 'auto' ? 'auto' : 1, env: environment(sizes) } as const;
  try {
    const job = { model: MODEL, options };
    // With `auto` the second slot comes only when there is work enough to measure the first.
    if (slots === 'auto') await worker.settle(seedsOf(sizes), job);
    else await worker.run(seedsOf(sizes).slice(0, WARM_UP * CORES), job);
    const outputs = await outputsOf(cloud.store, await worker.run(seedsOf(sizes), job));
    const value = outputs.reduce((sum, output) => sum + (output.value ?? NaN), 0);
    return { seconds: busyOf(outputs).wallMs / 1_000, value, chose: worker.chose };
  } finally {
    await worker.stop();
  }
}
