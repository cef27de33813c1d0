/** The messages for Parquet files that cannot be read. */
import { messageOf, UserError } from '../../errors.js';

/** `what` is a clause about the file: "its footer is not whole". */
export const damaged = (name: string, what: string): UserError =>
  new UserError(
    `The dataset ${name} is a damaged Parquet file: ${what}. Download it again, or write it again with the program that made it.`,
  );

/** Turns what a decoder threw into a message about the file. Messages for the user stay as they are. */
export function asDamaged(name: string, where: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  return damaged(name, `${where} cannot be decoded (${messageOf(error)})`);
}

/** Checks a number that the file states. */
export function statedCount(name: string, what: string, value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw damaged(name, `it states no valid ${what}`);
}

export const columnName = (path: readonly string[]): string => JSON.stringify(path.join('.'));
