/**
 * A job's secrets: read where they are kept, handed to the model's processes, and nowhere else. What those processes write into logs and
 * errors has them taken out again.
 *
 * Invariant: only what Secrets Manager refuses counts against the instance. A throttle or an outage is waited for, however long it takes.
 */
import { errorText } from '../../core/error-text.js';
import { retry, type RetryOptions } from '../retry.js';
import type { SecretReader } from '../ports.js';
import type { Secrets } from '../process/hide-secrets.js';

export interface ReadSecretsOptions extends Pick<RetryOptions, 'clock' | 'signal' | 'firstPauseMs' | 'lastPauseMs'> {
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
        return [name, await retry(read, { ...options, endless: true, onTrouble })] as const;
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
