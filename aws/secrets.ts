/** The worker's `SecretReader` on AWS Secrets Manager. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretReader, SecretRefused } from '../worker/ports.js';
import { isSecretRefused } from './errors.js';

/** `clientOf` makes the client of a region, because a secret may be in another region than the stack. */
export function makeSecretReader(clientOf: (region: string) => SecretsManagerClient): SecretReader {
  const clients = new Map<string, SecretsManagerClient>();
  return {
    read: async (arn, abortSignal) => {
      const region = arn.split(':')[3] ?? '';
      const client = clients.get(region) ?? clientOf(region);
      clients.set(region, client);
      const reply = await client.send(new GetSecretValueCommand({ SecretId: arn }), { abortSignal }).catch(explain);
      if (reply.SecretString === undefined) {
        throw new SecretRefused('it holds bytes, and an environment variable takes text');
      }
      return reply.SecretString;
    },
  };
}

function explain(error: unknown): never {
  if (!isSecretRefused(error)) throw error;
  throw new SecretRefused(error instanceof Error ? `${error.name}: ${error.message}` : String(error), { cause: error });
}
