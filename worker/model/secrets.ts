/**
 * A job's secrets: read where they are kept, handed to the model's processes, and nowhere else. What those processes write into logs and
 * errors has them taken out again.
 *
 * Invariant: only what Secrets Manager refuses counts against the instance. A throttle or an outage is waited for, however long it takes.
 */
import { errorText } from '../../core/error-text.js';
import { outlast, type Patience } from '../outlast.js';
import type { SecretReader } from '../ports.js';

export type Secrets = Readonly<Record<string, string>>;

/** Shorter lines (of a secret of several) would take ordinary words out of logs. */
const MIN_HIDDEN_LENGTH = 4;

export interface ReadSecretsOptions extends Pick<Patience, 'clock' | 'signal' | 'firstPauseMs' | 'lastPauseMs'> {
  /** A sentence for users: the secret could not be read yet. */
  readonly onTrouble: (message: string) => void;
}

/** Rejects with a sentence for users, which names the secret and never its value. */
export async function readSecrets(
  arns: Readonly<Record<string, string>>,
  reader: SecretReader,
  options: ReadSecretsOptions,
): Promise<Secrets> {
  const { signal } = options;
  const read = await Promise.all(
    Object.entries(arns).map(async ([name, arn]) => {
      try {
        const onTrouble = (error: unknown, pauseMs: number): void =>
          options.onTrouble(
            `The secret ${name} could not be read yet, and is tried again in ${pauseMs / 1000} s: ${String(error)}`,
          );
        const read = (): Promise<string> => reader.read(arn, signal);
        return [name, await outlast(read, { ...options, endless: true, onTrouble })] as const;
      } catch (error) {
        signal.throwIfAborted();
        const reason = errorText(error);
        throw new Error(
          `The secret ${name} could not be read from ${arn}: ${reason}. The stack must name it (secretArns, with the whole ARN); ` +
            'one with a key of its own needs that key to let the role of the instances decrypt.',
          { cause: error },
        );
      }
    }),
  );
  return Object.fromEntries(read);
}

export type Hide = (text: string) => string;

export const hideNothing: Hide = (text) => text;

/** Also as JSON has them: a line of the model's protocol may be part of an error. */
export function hiderOf(secrets: Secrets): Hide {
  const hidden = Object.entries(secrets).flatMap(([name, value]) =>
    [value, ...value.split(/\r?\n/)]
      .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
      .filter((text) => text.length >= MIN_HIDDEN_LENGTH)
      .map((text) => ({ text, name })),
  );
  if (hidden.length === 0) return hideNothing;
  // The longest first: one may be a part of another.
  hidden.sort((a, b) => b.text.length - a.text.length);
  return (shown) => hidden.reduce((left, { text, name }) => left.replaceAll(text, `[secret ${name}]`), shown);
}
