/** The worker's `SecretReader` on AWS Secrets Manager. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretReader } from '../worker/ports.js';

/** `clientOf` makes the client of a region: a secret may be in another one than the stack. */
export function makeSecretReader(clientOf: (region: string) => SecretsManagerClient): SecretReader {
  const clients = new Map<string, SecretsManagerClient>();
  return {
    read: async (arn, abortSignal) => {
      const region = arn.split(':')[3] ?? '';
      const client = clients.get(region) ?? clientOf(region);
      clients.set(region, client);
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }), { abortSignal });
      if (SecretString === undefined) throw new Error('it holds bytes, and an environment variable takes text');
      return SecretString;
    },
  };
}
