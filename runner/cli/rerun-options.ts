/** The options of `rerun`: the items to choose, and the options of a job, each of which is that of the parent when it is left out. */
import type { Manifest } from '../../core/contract/job.js';
import { JOB_OPTION_NAMES } from '../../core/contract/job-options.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import { refusedEachRow } from './each-option.js';
import { type JobFlags, jobOptionRows } from './job-options.js';
import { notifyRow } from './notify-options.js';
import { flagOf, inGroup, type OptionRow, type OptionRows, type OptionValues, parsed, toggle } from './option-rows.js';
import { resultsOptions } from './results-options.js';
import { type StackFlags, stackOptions } from './stack-options.js';
import * as values from './values.js';

/** The items are those of the parent, so the options of a dataset say nothing. */
const DATASET_OPTIONS = {
  columns: true,
  sample: true,
  seed: true,
  limit: true,
  strict: true,
  format: true,
  delimiter: true,
  idField: true,
  keep: true,
  bigIntegers: true,
} as const satisfies Partial<Record<keyof typeof jobOptionRows, true>>;

type JobRows = Omit<typeof jobOptionRows, keyof typeof DATASET_OPTIONS>;
type Changes = { readonly [Name in keyof JobRows]: Optionally<JobRows[Name]> };
type Optionally<Row> = Row extends OptionRow<infer Value> ? OptionRow<Value | undefined> : never;

/** A default would look like an option that was given. */
const changes = Object.fromEntries(
  Object.entries<OptionRow<unknown>>(jobOptionRows)
    .filter(([name]) => !Object.hasOwn(DATASET_OPTIONS, name))
    .map(([name, row]) => {
      const { default: _default, defaultText: _text, required: _required, ...others } = row;
      return [name, others];
    }),
) as unknown as Changes;

export const rerunOptions = {
  ...inGroup('Options of the items:', {
    failed: toggle('compute the items again that failed; this is the default without --code and --items'),
    code: parsed(
      '<code>',
      'compute the items again that failed with this error code (repeatable); "spotpool errors" lists the codes',
      values.errorCodes,
    ),
    items: parsed(
      '<indexes>',
      'compute these items again, such as 17,20-30; with --failed or --code only those of them that failed so',
      values.itemRanges,
    ),
  }),
  ...changes,
  each: refusedEachRow('rerun'),
  follow: toggle('submit the rerun and return at once with its id', { flag: '--no-follow' }),
  ...resultsOptions,
  ...notifyRow,
  ...stackOptions,
};

export type RerunFlags = OptionValues<typeof rerunOptions>;

/** These say what is packed, so that they go with a model that is packed. */
const OF_PACKING = ['files', 'perLine', 'requirements', 'wheels', 'ship', 'anyPlatform'] as const;

export function refusePackingAlone(flags: RerunFlags): void {
  if (flags.model !== undefined) return;
  const rows: OptionRows = rerunOptions;
  const given = OF_PACKING.filter((name) => flags[name] !== undefined).map((name) => flagOf(name, rows[name] ?? BLANK));
  if (given.length === 0) return;
  throw new UserError(
    `${given.join(', ')}: without --model the rerun has the model of its parent, as it is in the stack's bucket. Add --model, or leave this out.`,
  );
}

const BLANK: OptionRow<unknown> = { help: '' };

/** Returns the options of a submission: those of the parent's manifest, with the changes. Variables are changed one by one. */
export function jobFlagsOf(
  given: RerunFlags,
  { model, options }: Pick<Manifest, 'model' | 'options'>,
): JobFlags & StackFlags {
  const slots = given.slotsPerGpu === undefined ? given.slots : 'auto';
  const slotsPerGpu = given.slots === undefined || given.slots === 'auto' ? given.slotsPerGpu : undefined;
  const hasSlots = given.slots !== undefined || given.slotsPerGpu !== undefined;
  const changed = {
    ...options,
    ...definedFields(Object.fromEntries(JOB_OPTION_NAMES.map((name) => [name, given[name]]))),
    env: { ...options.env, ...given.env },
    ...(options.secrets === undefined && given.secrets === undefined
      ? {}
      : { secrets: { ...options.secrets, ...given.secrets } }),
  };
  const { slots: _slots, slotsPerGpu: _slotsPerGpu, ...others } = changed;
  const { id, name, try: tried, batchBytes, weights, followLinks, setup = model.setup } = given;
  const { files, perLine, requirements, wheels, ship, anyPlatform, local, stack } = given;
  return {
    ...others,
    slots: hasSlots ? (slots ?? 'auto') : options.slots,
    ...definedFields({ slotsPerGpu: hasSlots ? slotsPerGpu : options.slotsPerGpu }),
    model: given.model ?? model.name,
    batchSize: given.batchSize ?? 'auto',
    ...definedFields({ id, name, try: tried, batchBytes, weights, followLinks, setup }),
    ...definedFields({ files, perLine, requirements, wheels, ship, anyPlatform, local, stack }),
  };
}
