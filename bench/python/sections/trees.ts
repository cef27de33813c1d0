/** Measures work for the processor alone in Python, as in the concurrency literature: decision trees with scikit-learn. */
import { availableParallelism } from 'node:os';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section, Target } from '../../support/section.js';
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
  /** The sum of what was computed. */
  readonly value: number;
  readonly chose?: string;
}

type Samples = ReadonlyMap<Kind, readonly Sample[]>;

export async function trees(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const python = await literature();
  const rows: string[][] = [];
  const chose = new Set<string>();
  let last: Samples = new Map();
  for (const count of sizes.trees) {
    const task = { cloud, python, sizes, count };
    last = await inRounds(KINDS, sizes.rounds, (kind) =>
      kind === 'cpus' || kind === 'auto' ? inWorker(task, kind) : inWay(task, kind),
    );
    requireAlike(last);
    rows.push(...rowsOf(count, last));
    for (const { chose: words } of last.get('auto') ?? []) chose.add(words ?? '');
  }
  return {
    title: 'Work for the processor alone in Python: decision trees',
    how:
      `Regression trees of scikit-learn, each on a sample of its own of ${sizes.treeRows.toLocaleString('en-US')} rows of 6 features; a tree is an item. ` +
      `Timed from the first item's start to the last one's end, with models loaded and warmed up (${WARM_UP} trees each; without options, jobs of the same size until spotpool tried no other number of slots). ` +
      `At most ${sizes.serialTrees} trees are trained one after another, and the time is scaled. Jobs have the pace that a trial of \`run\` finds, so that no batch is less than a second of work: ` +
      `a job of ${sizes.trees[0]} trees has only a few batches, and its slots do not end together. ` +
      `The machine has ${CORES} cores, on which the local cloud and the worker run, too.`,
    header: ['', 's', '× one after another', 'of that for each core', 'processes / time'],
    rows,
    targets: targetsOf(Math.max(...sizes.trees), last),
    notes: [`The choice without options, in the worker's words: ${[...chose].join(' / ')}`],
  };
}

const medianTime = (samples: Samples, kind: Kind): number =>
  medianOf((samples.get(kind) ?? []).map(({ seconds }) => seconds));

const aCore = (samples: Samples, kind: Kind): number =>
  medianTime(samples, 'serial') / medianTime(samples, kind) / CORES;

const ofProcesses = (samples: Samples, kind: Kind): number =>
  medianTime(samples, 'processes') / medianTime(samples, kind);

/** All ways train the same trees. Only one after another, there may be fewer. */
function requireAlike(samples: Samples): void {
  const whole = KINDS.filter((kind) => kind !== 'serial').flatMap((kind) => samples.get(kind) ?? []);
  const values = new Set(whole.map(({ value }) => value.toPrecision(9)));
  if (values.size !== 1) throw new Error(`The ways disagree about the result: ${[...values].join(', ')}`);
}

function rowsOf(count: number, samples: Samples): string[][] {
  return KINDS.map((kind) => [
    `${count}: ${TITLES[kind]}`,
    show(
      (samples.get(kind) ?? []).map(({ seconds }) => seconds),
      2,
    ),
    (medianTime(samples, 'serial') / medianTime(samples, kind)).toFixed(2),
    kind === 'serial' ? '' : aCore(samples, kind).toFixed(2),
    ofProcesses(samples, kind).toFixed(3),
  ]);
}

function targetsOf(count: number, samples: Samples): Target[] {
  return (['cpus', 'auto'] as const).flatMap((kind) => [
    {
      wanted: `${count} trees, ${TITLES[kind]}: at least ${LEAST_OF_PROCESSES} of as many bare processes`,
      measured: ofProcesses(samples, kind).toFixed(2),
      isMet: ofProcesses(samples, kind) >= LEAST_OF_PROCESSES,
    },
    {
      wanted: `${count} trees, ${TITLES[kind]}: at least ${LEAST_OF_A_CORE} a core (the bare processes: ${aCore(samples, 'processes').toFixed(2)})`,
      measured: aCore(samples, kind).toFixed(2),
      isMet: aCore(samples, kind) >= LEAST_OF_A_CORE,
    },
  ]);
}

interface Task {
  readonly cloud: BenchCloud;
  readonly python: string;
  readonly sizes: Sizes;
  readonly count: number;
}

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);
const environment = ({ treeRows }: Sizes): Readonly<Record<string, string>> => ({ BENCH_ROWS: String(treeRows) });

async function inWay({ cloud, python, sizes, count }: Task, way: Way): Promise<Sample> {
  const done = way === 'serial' ? Math.min(count, sizes.serialTrees) : count;
  const setup = { way, task: 'trees', width: CORES, items: seeds(done), passes: 1, warmUp: WARM_UP } as const;
  const { wallMs, value } = await runWay(cloud, python, setup, environment(sizes));
  return { seconds: (((wallMs[0] ?? NaN) / 1_000) * count) / done, value };
}

async function inWorker({ cloud, python, sizes, count }: Task, slots: 'cpus' | 'auto'): Promise<Sample> {
  const worker = await PythonWorker.start(cloud, python);
  const options = { slots, concurrency: slots === 'auto' ? 'auto' : 1, env: environment(sizes) } as const;
  try {
    const untried = { model: MODEL, options };
    // The warm-up of a slot is what a trial does: its pace is the pace of the job.
    const warmed = await worker.run(seeds(WARM_UP * CORES), untried);
    const msPerItem = medianOf((await outputsOf(cloud.store, warmed)).map(({ startMs, endMs }) => endMs - startMs));
    const job = { ...untried, pace: { msPerItem, slots: CORES } };
    // With `auto` the second slot comes only when there is work enough to measure the first.
    if (slots === 'auto') await worker.settle(seeds(count), job);
    const outputs = await outputsOf(cloud.store, await worker.run(seeds(count), job));
    const value = outputs.reduce((sum, output) => sum + (output.value ?? NaN), 0);
    return { seconds: busyOf(outputs).wallMs / 1_000, value, chose: worker.chose };
  } finally {
    await worker.stop();
  }
}
