/** The options of a job as people gave them. Pure. */
import { RESUME_OPTION_NAMES, type ResumeOptions } from '../../../core/contract/ends.js';
import {
  DEFAULT_JOB_OPTIONS,
  JOB_OPTION_NAMES,
  JOB_OPTIONS,
  type JobOptions,
} from '../../../core/contract/job-options.js';

type Row = readonly [flag: string, value: string];

/** Returns the options of which something is known. Values that may be secrets are left out, and their names are shown. */
export function optionRows(options: JobOptions): readonly Row[] {
  return JOB_OPTION_NAMES.flatMap((name): readonly Row[] => {
    const [{ flag, ...row }, value] = [JOB_OPTIONS[name], options[name]];
    if (value === undefined) return [];
    if ('hidden' in row) return typeof value === 'object' ? hiddenRow(flag, value) : [];
    const isDefault = value === DEFAULT_JOB_OPTIONS[name];
    return [[flag, `${typeof value === 'object' ? JSON.stringify(value) : value}${isDefault ? ' (default)' : ''}`]];
  });
}

/** The sentence about the shape of a job whose workers reported none. Workers report only the changes of their shape. */
export function chosenShape({ slots, concurrency }: JobOptions): string {
  if (slots === 'auto') return 'No worker reported how it ran the model.';
  return `The shape was given: ${JOB_OPTIONS.slots.flag} ${slots}, ${JOB_OPTIONS.concurrency.flag} ${concurrency}.`;
}

/** The options that a job was resumed with, as a sentence. */
export function resumeText(options: ResumeOptions): string {
  const given = RESUME_OPTION_NAMES.flatMap((name) =>
    options[name] === undefined ? [] : [`${JOB_OPTIONS[name].flag} ${options[name]}`],
  );
  return given.length === 0 ? 'No option was changed.' : `With ${given.join(', ')}.`;
}

function hiddenRow(flag: string, variables: Readonly<Record<string, string>>): readonly Row[] {
  const names = Object.keys(variables);
  return names.length === 0 ? [] : [[flag, names.join(', ')]];
}
