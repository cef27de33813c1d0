/** The options of a job as they are shown to others: with the names of variables, and not their values, which may be secrets. */
import { JOB_OPTION_NAMES, JOB_OPTIONS, type JobOptions } from '../contract/job-options.js';

const HIDDEN = '(hidden)';

export function shownOptions(options: JobOptions): JobOptions {
  const hidden = JOB_OPTION_NAMES.flatMap((name) => {
    const value: unknown = options[name];
    if (!isHidden(name) || typeof value !== 'object' || value === null) return [];
    return [[name, Object.fromEntries(Object.keys(value).map((variable) => [variable, HIDDEN]))] as const];
  });
  return { ...options, ...Object.fromEntries(hidden) };
}

const isHidden = (name: (typeof JOB_OPTION_NAMES)[number]): boolean => 'hidden' in JOB_OPTIONS[name];
