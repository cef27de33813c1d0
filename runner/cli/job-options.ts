/**
 * The options of `run` and `submit` that describe a job. Those that the manifest keeps have a row in core/contract/job-options.ts as well, which
 * gives their flag and their default; the compiler asks for a row here.
 */
import {
  DEFAULT_JOB_OPTIONS,
  JOB_OPTION_NAMES,
  JOB_OPTIONS,
  type JobOptionName,
  MOST_SLOTS_PER_GPU,
} from '../../core/contract/job-options.js';
import type { JobOptions } from '../../core/contract/job.js';
import type { WheelSource } from '../../core/contract/python-environment.js';
import { MOST_SAMPLE_ITEMS } from '../../core/contract/source-line.js';
import { DATASET_FORMATS } from '../../core/dataset/dataset-format.js';
import { definedFields } from '../../core/defined-fields.js';
import { BIG_INTEGERS } from '../dataset/big-integers.js';
import {
  choice,
  inGroup,
  type OptionRow,
  type OptionValues,
  parsed,
  required,
  text,
  toggle,
  withDefault,
} from './option-rows.js';
import * as values from './values.js';

const { integerBetween, numberBetween, orAuto } = values;

/** The help of the dataset argument, which `run` and `submit` share. */
export const DATASET_HELP =
  "JSON Lines, a JSON array, CSV, TSV or text, also compressed with gzip or zstd, or Parquet: files, folders, globs in quotes ('data/**/*.csv'), - for standard input, s3://bucket/file, s3://bucket/prefix/, or s3://bucket/data/*.parquet";

/** This is a month of the largest number of instances. */
const MOST_INSTANCE_HOURS = 3_600_000;
const MOST_BATCH_ITEMS = 1_000_000;
/** A worker reads a whole batch into memory. */
const MOST_BATCH_BYTES = 256 * 1024 * 1024;

type ManifestRows = {
  readonly [Name in JobOptionName]: OptionRow<JobOptions[Name] | undefined>;
};

const MODEL = 'Options of the model:';
const DATASET = 'Options of the dataset:';
const WORK = 'Options of the work:';

const manifestRows = {
  maxWorkers: parsed(
    '<n>',
    "limit this job to this many instances (default: the stack's maximum)",
    integerBetween(1, values.MOST_WORKERS),
    { group: WORK },
  ),
  slots: parsed(
    '<n|cpus|auto>',
    'load this many models on each instance; auto measures how many keep every core busy and fit into memory',
    values.slots,
    { group: WORK },
  ),
  slotsPerGpu: parsed(
    '<n>',
    'load this many models on each GPU, instead of --slots (default: one, or more where memory and use of the GPU allow it)',
    integerBetween(1, MOST_SLOTS_PER_GPU),
    { group: WORK },
  ),
  concurrency: parsed(
    '<n|auto>',
    'let a slot work on this many slices at once, for models that wait for I/O; auto measures it',
    orAuto(integerBetween(1, 1_000)),
    { group: WORK },
  ),
  maxAttempts: parsed(
    '<n>',
    'give a batch up after this many attempts (reclaims do not count)',
    integerBetween(1, 100),
    { group: WORK },
  ),
  itemTimeoutSeconds: parsed('<seconds>', 'rebuild a slot whose item takes longer than this', values.seconds, {
    group: WORK,
  }),
  loadTimeoutSeconds: parsed(
    '<seconds>',
    'give a model this long to load on an instance (default: 600)',
    values.seconds,
    { group: MODEL },
  ),
  nan: choice(
    '<null>',
    'write null for NaN and Infinity in answers of JavaScript and Python models (default: such an item fails)',
    ['null'],
    { group: MODEL },
  ),
  env: parsed('<NAME=VALUE>', 'set an environment variable of the model (repeatable)', values.environmentVariable, {
    group: MODEL,
  }),
  secrets: parsed(
    '<NAME=ARN>',
    "set an environment variable of the model from AWS Secrets Manager, read on the instance; the stack's secretArns must name it (repeatable)",
    values.secret,
    { group: MODEL },
  ),
  maxInstanceHours: parsed(
    '<n>',
    'fail the job and scale the fleet to 0 after this many instance-hours',
    numberBetween(0.001, MOST_INSTANCE_HOURS),
    { group: WORK },
  ),
  maxFailed: parsed(
    '<n|p%>',
    'fail the job as soon as more of its items have failed than this; with 100% it goes on although no item is ok',
    values.maxFailed,
    { group: WORK },
  ),
} satisfies ManifestRows;

/** The rows above with the flags and the defaults of the manifest's table. */
const manifestOptions = Object.fromEntries(
  JOB_OPTION_NAMES.map((name) => {
    const given: unknown = DEFAULT_JOB_OPTIONS[name];
    const standard = given === undefined || typeof given === 'object' ? {} : { default: given };
    return [name, { ...manifestRows[name], flag: JOB_OPTIONS[name].flag, ...standard }];
  }),
) as unknown as ManifestRows;

export const jobOptionRows = {
  ...inGroup(MODEL, {
    model: required(
      text(
        '<model>',
        'run this model: a TypeScript or JavaScript module, a Python file (model.py, or model.py:Name for a class or function in it), a directory, or a command in quotes',
      ),
    ),
    files: parsed(
      '<path>',
      'ship this directory, and start the command of --model in it; or ship this file or directory with a Python file (repeatable)',
      values.paths,
    ),
    perLine: toggle(
      'use the command of --model as a filter, which reads a line for each item and prints a line for each',
    ),
    requirements: text(
      '<file>',
      'install the Python packages that this file names (requirements.txt, pyproject.toml) (default: the file beside a Python model)',
    ),
    wheels: choice<WheelSource>(
      '<bucket|index>',
      "let instances get Python packages from the stack's bucket, or from the package index (default: the bucket, up to 500 MB)",
      ['bucket', 'index'],
    ),
    weights: text(
      '<path>',
      'ship this file or folder beside the model, or fetch it from s3://bucket/prefix/; each instance has it once, in the folder SPOTPOOL_WEIGHTS',
    ),
    setup: text(
      '<command>',
      "run this command once per instance in the model's directory, before the model first loads",
    ),
    ship: parsed(
      '<path>',
      "ship this path of the model's directory even if it looks like a secret or an ignore file hides it (repeatable)",
      values.paths,
    ),
    followLinks: toggle(
      "ship the targets of links that lead out of the model's directory, the weights or a folder of items",
    ),
    anyPlatform: toggle("ship native files for other machines than the fleet's too"),
  }),
  ...inGroup(DATASET, {
    columns: parsed(
      '<names>',
      'read only these columns of Parquet, in this order; commas separate them (repeatable)',
      values.columnNames,
    ),
    sample: parsed(
      '<n>',
      'submit n items at random from all over the dataset, in its order',
      integerBetween(1, MOST_SAMPLE_ITEMS),
    ),
    seed: parsed(
      '<n>',
      'take the sample of this seed; the same seed takes the same items (default: one that the id of the job gives)',
      integerBetween(0, Number.MAX_SAFE_INTEGER),
    ),
    limit: parsed('<n>', 'submit only the first n items', integerBetween(1, Number.MAX_SAFE_INTEGER)),
    strict: toggle('refuse the dataset when a line cannot be read (default: such a line is a failed item)'),
    format: choice(
      '<format>',
      'read the dataset in this format (default: its first bytes and its name decide)',
      DATASET_FORMATS,
    ),
    delimiter: parsed(
      '<character>',
      "separate the columns of a CSV file at this character, or at 'tab' (default: the first lines decide)",
      values.delimiter,
    ),
    idField: parsed(
      '<field>',
      'take the id of each item from this field and write it into its result; dots reach into objects (default: custom_id, if every item has another one)',
      values.fieldName,
    ),
    keep: parsed(
      '<fields>',
      'write these fields of each item into its result; commas separate them, and dots reach into objects (repeatable)',
      values.fieldNames,
    ),
    bigIntegers: choice(
      '<keep|string>',
      "with string, submit integers beyond 2^53 in JSON Lines as strings, because JavaScript's numbers cannot hold them (default: keep)",
      BIG_INTEGERS,
    ),
  }),
  ...inGroup(WORK, {
    id: parsed(
      '<name>',
      'give the job this id; the same id continues a submission that broke off, and the id of a job that has ended is refused with exit code 1',
      values.jobId,
    ),
    name: parsed('<text>', 'give the job this name, which jobs and status show; it may be used again', values.jobName),
    batchSize: withDefault(
      parsed<number | 'auto'>(
        '<n|auto>',
        'put this many items into a batch; auto chooses from the size of the dataset and the pace of the model, and makes the last batches smaller',
        orAuto(integerBetween(1, MOST_BATCH_ITEMS)),
      ),
      'auto',
    ),
    try: toggle('submit without trying the model on this machine first (also with SPOTPOOL_NO_TRY=1)', {
      flag: '--no-try',
    }),
    batchBytes: parsed('<n>', 'limit a batch to this many bytes', integerBetween(1, MOST_BATCH_BYTES)),
  }),
  ...manifestOptions,
};

export type JobFlags = OptionValues<typeof jobOptionRows>;

/** Returns the part of the options that the manifest keeps. */
export const jobOptionsOf = (flags: JobFlags): JobOptions => ({
  ...DEFAULT_JOB_OPTIONS,
  ...definedFields(Object.fromEntries(JOB_OPTION_NAMES.map((name) => [name, flags[name]]))),
});
