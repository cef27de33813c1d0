/** Options that several commands share: how they read, and what they become. */
import { type Command, Option } from 'commander';
import { ITEM_FORMATS, type ItemFormat } from '../../core/dataset/dataset-format.js';
import { DEFAULT_JOB_OPTIONS } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import type { MaxFailed } from '../../core/contract/max-failed.js';
import { BIG_INTEGERS, type BigIntegers } from '../dataset/big-integers.js';
import { LAUNCH_DELAYS, type LocalCloudOptions } from '../local-cloud/options.js';
import * as values from './values.js';

export interface StackFlags {
  readonly local?: boolean;
  readonly stack?: string;
}

export function addStackOptions(command: Command): Command {
  return command
    .option('--local', 'use the local cloud')
    .option('--stack <file>', "a deployed stack's outputs, or the JSON of `spotpool local up --json`");
}

export const addJsonOption = (command: Command): Command =>
  command.option('--json', 'print JSON for programs instead of text for people');

export interface ResultsFlags {
  /** Absent: the dataset's name tells it (`runner/results/default-name.ts`). */
  readonly out?: string;
  readonly force?: boolean;
}

export const addResultsOptions = (command: Command, out: string): Command =>
  command
    .option('--out <file>', out)
    .option('--force', 'replace a file that spotpool did not write, or that was changed since');

/** Most instances that anyone may ask for: a slip of the keyboard must not cost a fortune. */
export const MOST_WORKERS = 5_000;
/** All of those for a month. */
const MOST_INSTANCE_HOURS = 3_600_000;
const MOST_BATCH_ITEMS = 1_000_000;
/** A batch is read into a worker's memory. */
const MOST_BATCH_BYTES = 256 * 1024 * 1024;

export interface JobFlags {
  readonly model: string;
  readonly files?: string;
  readonly setup?: string;
  readonly batchSize: number | 'auto';
  readonly batchBytes?: number;
  readonly maxWorkers?: number;
  readonly maxInstanceHours?: number;
  readonly maxFailed?: MaxFailed;
  readonly slots: number | 'cpus' | 'auto';
  readonly concurrency: number | 'auto';
  readonly maxAttempts: number;
  readonly itemTimeout: number;
  readonly loadTimeout?: number;
  readonly nan?: 'null';
  readonly env?: Readonly<Record<string, string>>;
  readonly secret?: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly limit?: number;
  readonly strict?: boolean;
  readonly format?: ItemFormat;
  readonly delimiter?: string;
  readonly bigIntegers?: BigIntegers;
  readonly anyPlatform?: boolean;
  readonly ship?: readonly string[];
  readonly followLinks?: boolean;
}

export function addJobOptions(command: Command): Command {
  const integer = values.integerBetween;
  command
    .requiredOption('--model <model>', 'a TypeScript or JavaScript module, a directory, or a command in quotes')
    .option('--files <dir>', 'for a command: the directory that is shipped and where it starts')
    .option('--setup <command>', 'run once per instance before the model is first loaded, in its directory')
    .addOption(
      new Option('--batch-size <n|auto>', 'items in a batch; auto: by the size of the dataset, smaller towards its end')
        .argParser(values.orAuto(integer(1, MOST_BATCH_ITEMS)))
        .default('auto'),
    )
    .addOption(new Option('--batch-bytes <n>', 'most bytes of a batch').argParser(integer(1, MOST_BATCH_BYTES)))
    .addOption(
      new Option('--max-workers <n>', "most instances for this job (default: the stack's maximum)").argParser(
        integer(1, MOST_WORKERS),
      ),
    )
    .addOption(
      new Option('--max-instance-hours <n>', 'the job fails, and the fleet goes, once it has used so many').argParser(
        values.numberBetween(0.001, MOST_INSTANCE_HOURS),
      ),
    )
    .addOption(
      new Option(
        '--max-failed <n|p%>',
        'fail the job as soon as more of its items have failed than this; with 100% it goes on although no item is ok',
      ).argParser(values.maxFailed),
    )
    .addOption(
      new Option(
        '--slots <n|cpus|auto>',
        'loaded models on each instance; auto: measured, so that no core is idle and memory is enough',
      )
        .argParser(values.slots)
        .default(DEFAULT_JOB_OPTIONS.slots),
    )
    .addOption(
      new Option('--concurrency <n|auto>', 'slices that a slot works on at once, for models that wait; auto: measured')
        .argParser(values.orAuto(integer(1, 1_000)))
        .default(DEFAULT_JOB_OPTIONS.concurrency),
    )
    .addOption(
      new Option('--max-attempts <n>', 'tries of a batch before it is given up (reclaims do not count)')
        .argParser(integer(1, 100))
        .default(DEFAULT_JOB_OPTIONS.maxAttempts),
    )
    .addOption(
      new Option('--item-timeout <seconds>', 'time for an item, after which its slot is rebuilt')
        .argParser(values.seconds)
        .default(DEFAULT_JOB_OPTIONS.itemTimeoutSeconds),
    )
    .addOption(loadTimeoutOption())
    .addOption(nanOption())
    .addOption(
      new Option('--env <NAME=VALUE>', 'environment variable of the model (repeatable)').argParser(
        values.environmentVariable,
      ),
    )
    .addOption(
      new Option(
        '--secret <NAME=ARN>',
        "environment variable of the model from AWS Secrets Manager, read on the instance (repeatable; the stack's secretArns must name it)",
      ).argParser(values.secret),
    )
    .addOption(new Option('--id <name>', "the job's id; the same one continues a submission").argParser(values.jobId))
    .addOption(new Option('--limit <n>', 'only the first n items').argParser(integer(1, Number.MAX_SAFE_INTEGER)))
    .option('--strict', 'refuse the dataset when a line cannot be read (default: such a line is a failed item)');
  return addDatasetOptions(addShippingOptions(command));
}

function addShippingOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--ship <path>',
        "ship this path of the model's directory even if it looks like a secret or an ignore file hides it (repeatable)",
      ).argParser(values.paths),
    )
    .option('--follow-links', "ship the targets of links that lead out of the model's directory")
    .option('--any-platform', "ship native files for other machines than the fleet's too");
}

function addDatasetOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'read the dataset in this format (default: its first bytes and its name decide)',
      ).choices(ITEM_FORMATS),
    )
    .addOption(
      new Option(
        '--delimiter <character>',
        "separate the columns of a CSV file at this character, or at 'tab' (default: the first lines decide)",
      ).argParser(values.delimiter),
    )
    .addOption(
      new Option(
        '--big-integers <keep|string>',
        "with string, submit integers beyond 2^53 in JSON Lines as strings, because JavaScript's numbers cannot hold them (default: keep)",
      ).choices(BIG_INTEGERS),
    );
}

const loadTimeoutOption = (): Option =>
  new Option('--load-timeout <seconds>', 'give a model this long to load on an instance (default: 600)').argParser(
    values.seconds,
  );

const nanOption = (): Option =>
  new Option(
    '--nan <null>',
    'write null for NaN and Infinity in what JavaScript models and the Python helper answer; other commands write their own JSON (default: such an item fails)',
  ).choices(['null']);

export interface LocalFlags {
  readonly port?: number;
  readonly seed?: number;
  readonly timeScale?: number;
  readonly arriveOver?: number;
  readonly launchDelay?: string;
  readonly capacity?: number;
  readonly reclaimRate?: number;
  readonly reclaim?: readonly values.PlannedReclaim[];
  readonly notice?: number;
  readonly rebalanceBefore?: number;
  readonly latency?: values.Latencies;
  readonly leaseSeconds?: number;
  readonly maxIdleSeconds?: number;
}

const LOCAL_FLAG_NAMES = [
  'port',
  'seed',
  'timeScale',
  'arriveOver',
  'launchDelay',
  'capacity',
  'reclaimRate',
  'reclaim',
  'notice',
  'rebalanceBefore',
  'latency',
  'leaseSeconds',
  'maxIdleSeconds',
] as const satisfies readonly (keyof LocalFlags)[];

export function addLocalCloudOptions(command: Command): Command {
  const group = 'Options of a local cloud:';
  const option = (flags: string, description: string): Option => new Option(flags, description).helpGroup(group);
  return command
    .addOption(option('--port <n>', 'its port (default: any free one)').argParser(values.integerBetween(0, 65_535)))
    .addOption(
      option('--seed <n>', 'makes arrivals and reclaims repeatable').argParser(values.integerBetween(0, 2 ** 32 - 1)),
    )
    .addOption(
      option('--time-scale <x>', 'the market (arrivals, notices, prices) runs x times faster').argParser(
        values.numberBetween(0.001, 1_000_000),
      ),
    )
    .addOption(option('--arrive-over <duration>', 'instances come up staggered over it').argParser(values.duration))
    .addOption(option('--launch-delay <name>', 'how long an instance boots (default: none)').choices(LAUNCH_DELAYS))
    .addOption(
      option('--capacity <n>', 'most instances that the market has (default: no limit)').argParser(
        values.integerBetween(0, MOST_WORKERS),
      ),
    )
    .addOption(
      option('--reclaim <duration[:all][:no-notice]>', 'take one instance then, or all (repeatable)').argParser(
        values.reclaim,
      ),
    )
    .addOption(
      option('--reclaim-rate <r>', 'expected reclaims per instance-hour').argParser(values.numberBetween(0, 100_000)),
    )
    .addOption(option('--notice <duration>', 'time from notice to reclaim (default: 2m)').argParser(values.duration))
    .addOption(
      option('--rebalance-before <duration>', 'time from a rebalance recommendation to the notice').argParser(
        values.duration,
      ),
    )
    .addOption(option('--latency <list>', 'delays replies, like sqs=10ms,s3=30ms').argParser(values.latency))
    .addOption(
      option('--lease-seconds <n>', 'length of the lease that workers take').argParser(
        values.integerBetween(1, 43_200),
      ),
    )
    .addOption(
      option('--max-idle-seconds <n>', 'a worker without work ends its instance after it').argParser(
        values.integerBetween(1, 86_400),
      ),
    );
}

/** The options of a local cloud that were given, as the user writes them. */
export function givenLocalFlags(flags: LocalFlags): readonly string[] {
  return LOCAL_FLAG_NAMES.filter((name) => flags[name] !== undefined).map(
    (name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}

export function localCloudOptions(flags: LocalFlags, maxWorkers: number): LocalCloudOptions {
  const { port, seed, timeScale, arriveOver, reclaimRate, notice, latency, leaseSeconds, maxIdleSeconds } = flags;
  const { launchDelay, capacity, rebalanceBefore } = flags;
  return {
    maxWorkers,
    reclaims: flags.reclaim ?? [],
    ...definedFields({
      port,
      seed,
      timeScale,
      arriveOverMs: arriveOver,
      launchDelay,
      capacity,
      rebalanceLeadMs: rebalanceBefore,
      reclaimRate,
      noticeMs: notice,
      latency,
      leaseSeconds,
      maxIdleSeconds,
    }),
  };
}
