/**
 * Reads a job's secrets where they are kept. Their values go to the model's processes and nowhere else
 * (process/hide-secrets.ts).
 *
 * Invariant: Only a refusal by Secrets Manager counts against the instance. A throttle or an outage is waited for,
 * however long it takes.
 */
import { errorText } from '../../core/error-text.js';
import { couldNot } from '../could-not.js';
import { retry, type RetryOptions } from '../retry.js';
import type { SecretReader } from '../ports.js';
import type { Secrets } from '../process/hide-secrets.js';

export interface ReadSecretsOptions extends Pick<RetryOptions, 'clock' | 'signal' | 'firstPauseMs' | 'lastPauseMs'> {
  /** Receives a sentence for users about a secret that could not be read yet. */
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
          options.onTrouble(couldNot(`read the secret ${name}`, error, `retrying in ${pauseMs / 1000} s`));
        const read = (): Promise<string> => reader.read(arn, signal);
        return [name, await retry(read, { ...options, endless: true, onTrouble })] as const;
      } catch (error) {
        signal.throwIfAborted();
        const reason = errorText(error);
        throw new Error(
          `The secret ${name} could not be read from ${arn}: ${reason}. List the whole ARN in the stack's secretArns. ` +
            'If the secret has a KMS key of its own, let the role of the instances decrypt with it.',
          { cause: error },
        );
      }
    }),
  );
  return Object.fromEntries(read);
}
