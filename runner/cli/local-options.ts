/** The options of a local cloud, which `run --local` and `local up` take. Each field of LocalCloudOptions has a row. */
import { definedFields } from '../../core/defined-fields.js';
import {
  DEFAULT_LOCAL_MAX_WORKERS,
  GPU_COUNTS,
  LAUNCH_DELAYS,
  type LocalCloudOptions,
} from '../local-cloud/options.js';
import { choice, flagOf, inGroup, type OptionRow, type OptionValues, parsed, withDefault } from './option-rows.js';
import * as values from './values.js';

type Rows = {
  readonly [Name in Exclude<keyof LocalCloudOptions, 'maxWorkers'>]-?: OptionRow<LocalCloudOptions[Name] | undefined>;
};

const { integerBetween, numberBetween, duration } = values;

export const localCloudRows = inGroup('Options of a local cloud:', {
  port: parsed('<n>', 'listen at this port (default: any free one)', integerBetween(0, 65_535)),
  seed: parsed(
    '<n>',
    'make arrivals and reclaims of the local cloud repeatable by this seed; with --sample it also chooses the items',
    integerBetween(0, 2 ** 32 - 1),
  ),
  timeScale: parsed(
    '<x>',
    'run the market (arrivals, notices, prices) x times faster',
    numberBetween(0.001, 1_000_000),
  ),
  arriveOverMs: parsed('<duration>', 'stagger the arrival of instances over this time', duration, {
    flag: '--arrive-over',
  }),
  launchDelay: choice('<name>', 'delay the boot of instances (default: none)', LAUNCH_DELAYS),
  capacity: parsed(
    '<n>',
    'limit the instances that the market has (default: no limit)',
    integerBetween(0, values.MOST_WORKERS),
  ),
  gpus: parsed(
    '<n>',
    'give each instance this many stand-in GPUs: 1, 4 or 8 (nvidia-smi answers, and there is no CUDA)',
    values.oneOfNumbers(GPU_COUNTS),
  ),
  reclaims: parsed(
    '<when>',
    'reclaim an instance at this time, like 8s; append :all for every instance, :no-notice for no notice (repeatable)',
    values.reclaim,
    { flag: '--reclaim' },
  ),
  reclaimRate: parsed('<r>', 'reclaim instances at random, this often per instance-hour', numberBetween(0, 100_000)),
  noticeMs: parsed('<duration>', 'give notice this long before a reclaim (default: 2m)', duration, {
    flag: '--notice',
  }),
  rebalanceLeadMs: parsed('<duration>', 'recommend a rebalance this long before the notice', duration, {
    flag: '--rebalance-before',
  }),
  latency: parsed('<list>', 'delay the replies of services, like sqs=10ms,s3=30ms', values.latency),
  leaseSeconds: parsed('<n>', 'lease batches to workers for this many seconds', integerBetween(1, 43_200)),
  maxIdleSeconds: parsed(
    '<n>',
    'end an instance whose worker had no work for this many seconds',
    integerBetween(1, 86_400),
  ),
} satisfies Rows);

export type LocalFlags = OptionValues<typeof localCloudRows>;

export const localMaxWorkers = {
  maxWorkers: withDefault(
    parsed('<n>', 'limit the fleet to this many instances', integerBetween(1, values.MOST_WORKERS)),
    DEFAULT_LOCAL_MAX_WORKERS,
  ),
};

const names = Object.keys(localCloudRows) as readonly (keyof LocalFlags)[];

/** Returns the options of a local cloud that were given, as the user writes them. */
export const givenLocalFlags = (flags: LocalFlags): readonly string[] =>
  names.filter((name) => flags[name] !== undefined).map((name) => flagOf(name, localCloudRows[name]));

export const localCloudOptions = (flags: LocalFlags, maxWorkers: number): LocalCloudOptions => ({
  reclaims: [],
  ...(definedFields(Object.fromEntries(names.map((name) => [name, flags[name]]))) as LocalFlags),
  maxWorkers,
});
