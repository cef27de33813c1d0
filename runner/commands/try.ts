/** `spotpool try` runs a model over a few items of a dataset on this machine, as an instance would, and starts and pays for nothing. */
import type { StackConfig } from '../../core/contract/stack.js';
import type { ProbeEvent } from '../../core/probe/probe.js';
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext } from '../cli/context.js';
import { type Call, defineCommand } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { DATASET_HELP, jobOptionsOf } from '../cli/job-options.js';
import { tryOptions, type TryFlags } from '../cli/try-options.js';
import { configuredStack } from '../cli/stack-choice.js';
import { openDataset } from '../dataset/dataset.js';
import type { SourceObjects } from '../dataset/ports.js';
import { identified } from '../dataset/identity/identified.js';
import { bytes, sentence, span } from '../display/format.js';
import { type PackagedModel, packageModel } from '../model/package-model.js';
import { detectPython, pythonFields } from '../python/detect-python.js';
import { noItems } from '../submit/upload-dataset.js';
import { explainFailures, logOf } from '../try/explain.js';
import { jsonReport } from '../try/json-report.js';
import { printReport } from '../try/print-report.js';
import { LOCAL_BOUNDS, PREFIX_BOUNDS, S3_BOUNDS, type Sample, sampleItems } from '../try/sample-items.js';
import { objectsOf, shippedStore } from '../try/shipped-store.js';
import { isUsable, tryReport, type TryReport } from '../try/try-report.js';
import { openWeights, type Weights } from '../weights/weights.js';
import { datasetRequest, folderRequest, modelRequest, refuseSeedAlone, weightsRequest } from '../api/submit-job.js';

export const tryCommand = defineCommand({
  name: 'try',
  description:
    'Try a model over a few items, on this machine. The items are from all over the dataset. What would be shipped runs in an empty folder, as on an instance. Nothing is sent anywhere, and nothing is started or paid for. The command ends with 2 when the model does not work, and with 1 when --twice finds other outputs.',
  args: { dataset: DATASET_HELP },
  repeats: true,
  options: tryOptions,
  examples: [
    'spotpool try molecules.csv --model ./model.ts',
    'spotpool try reviews.jsonl --model ./model.py --twice',
    'spotpool try reviews.jsonl --model ./model.ts --items 1000 --json | jq .pace',
  ],
  run: async ({ context, words, options }) => tryModel(context, words, options),
});

type Options = Call<'dataset', typeof tryOptions>['options'];

const DEFAULT_ITEMS = 100;
const DEFAULT_OBJECTS = 20;
/** Long enough for a pace, short enough to wait for. */
const COMPUTE_MS = 20_000;
const MIB = 1024 * 1024;
/** Hashing so many bytes takes some seconds, in which people wonder. */
const MANY_BYTES = 1024 * MIB;

async function tryModel(context: CliContext, datasets: readonly string[], flags: Options): Promise<number> {
  const { terminal } = context;
  refuseSeedAlone(flags);
  const config = await configuredStack(flags, context);
  const request = { ...datasetRequest(datasets, context.cwd, flags), folder: folderRequest(context, { flags }) };
  const dataset = await openDataset(request, context.sources(config), context.signal);
  await dataset.check(context.signal);
  const python = needsPython(flags) ? await detectPython(context.env, context.signal) : undefined;
  const other = otherPython(config?.python, python?.python);
  if (other !== undefined) terminal.err(`${other}\n`);
  // Packages are locked for this machine, on which they are installed now.
  const machine = { ...definedFields({ architecture: config?.architecture }), ...pythonFields(python) };
  const model = await packageModel(
    modelRequest(context, machine, { datasetFiles: dataset.files ?? [], flags }),
    context.signal,
  );
  try {
    const weights = await findWeights(context, flags, config);
    const isObjects = dataset.kind === 'objects';
    const bounds = isObjects
      ? PREFIX_BOUNDS
      : datasets.some((argument) => argument.startsWith('s3://'))
        ? S3_BOUNDS
        : LOCAL_BOUNDS;
    const sample = await sampleItems(identified(dataset, flags), {
      items: flags.items ?? (isObjects ? DEFAULT_OBJECTS : DEFAULT_ITEMS),
      bounds,
      signal: context.signal,
      hooks: {
        forJavaScript: model.spec.start.kind === 'module',
        notify: ({ level, message }) => (level === 'warning' ? terminal.err(`${sentence(message)}\n`) : undefined),
      },
    });
    if (sample.items.length === 0) throw noItems(dataset);
    const report = await probe(context, {
      dataset: dataset.name,
      model: { ...model, spec: { ...model.spec, ...definedFields({ weights: weights?.spec }) } },
      sample,
      config,
      flags,
      isObjects,
      weights,
      ...definedFields({ python: python?.executable }),
    });
    if (flags.json) terminal.out(`${JSON.stringify(jsonReport(report))}\n`);
    else printReport(terminal, report);
    if (!isUsable(report)) return EXIT.misuse;
    return (report.repeated?.differences.length ?? 0) > 0 ? EXIT.failed : EXIT.ok;
  } finally {
    await model.dispose();
  }
}

const otherPython = (ofStack: string | undefined, here: string | undefined): string | undefined =>
  ofStack === undefined || here === undefined || ofStack === here
    ? undefined
    : `The stack has Python ${ofStack}, and this machine has ${here}. The packages of this trial are those for ${here}.`;

const needsPython = ({ model, requirements }: TryFlags): boolean =>
  requirements !== undefined || /\.py(:\w+)?$/.test(model);

async function findWeights(
  context: CliContext,
  flags: TryFlags,
  config: StackConfig | undefined,
): Promise<Weights | undefined> {
  const { weights: request } = weightsRequest(context, flags);
  if (request === undefined) return undefined;
  let isTold = false;
  return openWeights(request, context.sources(config), {
    signal: context.signal,
    onProgress: ({ total }) => {
      if (isTold || total < MANY_BYTES) return;
      isTold = true;
      context.terminal.err(`The weights ${request.argument} have ${bytes(total)}, which are read first.\n`);
    },
  });
}

interface Trial {
  readonly python?: string;
  readonly dataset: string;
  readonly model: PackagedModel;
  readonly sample: Sample;
  readonly config: StackConfig | undefined;
  readonly flags: TryFlags;
  readonly isObjects: boolean;
  readonly weights: Weights | undefined;
}

async function probe(context: CliContext, trial: Trial): Promise<TryReport> {
  const { dataset, model, sample, config, flags, isObjects, weights, python } = trial;
  const { signal, terminal, cwd } = context;
  const { secrets, ...options } = jobOptionsOf(flags);
  const machine = await context.probe();
  const memoryLimitBytes = flags.memory === undefined ? undefined : flags.memory * MIB;
  const found = await machine.run(
    {
      spec: model.spec,
      shipped: shippedStore(model, weights),
      options,
      items: sample.items,
      ...(isObjects ? { objectsOf: fetcher(sample, context.sources(config)) } : {}),
      ...(weights?.bucket === undefined ? {} : { weightsOf: objectsOf(context.sources(config)) }),
      computeMs: flags.items === undefined ? COMPUTE_MS : Infinity,
      ...definedFields({ memoryLimitBytes, python }),
      twice: flags.twice ?? false,
    },
    (event) => {
      const text = noteOf(event);
      if (text !== undefined) terminal.err(`${sentence(text)}\n`);
    },
    signal,
  );
  const how = { model, secrets: Object.keys(secrets ?? {}), cwd };
  const faults = explainFailures(found, how);
  const { idField } = flags;
  const seen = { model, sample, probe: found, faults, log: logOf(found, how), ...definedFields({ idField }) };
  return tryReport(dataset, seen);
}

/** The files of a folder are read from the disk, and objects of S3 are fetched. */
const fetcher = ({ streams }: Sample, sources: SourceObjects) =>
  streams === undefined ? objectsOf(sources) : () => streams;

/** Says what somebody who waits wants to know. Everything else is in the report. */
function noteOf(event: ProbeEvent): string | undefined {
  switch (event.kind) {
    case 'slow-load':
    case 'trouble':
      return event.message;
    case 'waiting':
      return `The model has given no answer for ${span(event.silentMs / 1000)}. An item may take as long as --item-timeout says. Ctrl-C ends.`;
    case 'rebuilt':
    case 'prepared':
    case 'loaded':
    case 'log':
    case 'results':
      return undefined;
  }
}
