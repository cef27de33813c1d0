/**
 * What the differences on record mean to spotpool; said by hand. `where` names a service, a feature, or one test (`service: feature > test`): the
 * longest that a test's name begins with counts.
 */
import type { EmulatorName } from './catalogue.js';

export interface Note {
  readonly where: string;
  /** All of them, unless said. */
  readonly of?: readonly EmulatorName[];
  /** What it does to spotpool, or to whoever tests with it, in a sentence. */
  readonly matters: string;
}

export const NOTES: readonly Note[] = [];

/** Seen or not by the timing of a run: neither is news. */
export const SOMETIMES: Readonly<Record<EmulatorName, readonly string[]>> = { localstack: [], moto: [] };

/** Where any version must behave as AWS does, or spotpool cannot work on it. */
export const RELIED_ON: Readonly<Record<EmulatorName, readonly string[]>> = { localstack: [], moto: [] };

export const isSometimes =
  (emulator: EmulatorName) =>
  (test: string): boolean =>
    SOMETIMES[emulator].includes(test);

export const isReliedOn =
  (emulator: EmulatorName) =>
  (test: string): boolean =>
    RELIED_ON[emulator].some((where) => test.startsWith(where));

export function meaningOf(test: string, emulator: EmulatorName): string | undefined {
  const fitting = NOTES.filter(
    ({ where, of }) => test.startsWith(where) && (of === undefined || of.includes(emulator)),
  );
  return fitting.sort((a, b) => b.where.length - a.where.length)[0]?.matters;
}
