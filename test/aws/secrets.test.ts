import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeSecretsManagerClient } from '../../aws/clients.js';
import { makeSecretReader } from '../../aws/secrets.js';
import { SecretRefused } from '../../worker/ports.js';
import { mockedClient } from '../support/mocked-client.js';

const secretsManager = mockedClient(SecretsManagerClient);
beforeEach(() => void secretsManager.reset());
const named = (name: string): Error => Object.assign(new Error('The reason.'), { name });
const { signal } = new AbortController();
const arn = (region: string): string => `arn:aws:secretsmanager:${region}:123456789012:secret:token-AbCdEf`;

describe('secrets of AWS Secrets Manager', () => {
  it('are read in their own region, with one client for each', async () => {
    const regions: string[] = [];
    const reader = makeSecretReader((region) => {
      regions.push(region);
      return makeSecretsManagerClient({ region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    });
    secretsManager.on(GetSecretValueCommand).resolves({ SecretString: 'value' });
    expect(await reader.read(arn('eu-west-1'), signal)).toBe('value');
    await reader.read(arn('eu-west-1'), signal);
    await reader.read(arn('us-east-1'), signal);
    expect(regions).toEqual(['eu-west-1', 'us-east-1']);
    expect(secretsManager.commandCalls(GetSecretValueCommand)[0]?.args[0].input).toEqual({
      SecretId: arn('eu-west-1'),
    });
  });

  it('are refused when they hold bytes', async () => {
    const reader = makeSecretReader((region) => makeSecretsManagerClient({ region }));
    secretsManager.on(GetSecretValueCommand).resolves({ SecretBinary: new Uint8Array([1]) });
    await expect(reader.read(arn('eu-west-1'), signal)).rejects.toThrow('holds bytes');
  });

  it.each(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidRequestException', 'DecryptionFailure'])(
    'that are refused with %s are not asked for again',
    async (name) => {
      const reader = makeSecretReader((region) => makeSecretsManagerClient({ region }));
      secretsManager.on(GetSecretValueCommand).rejects(named(name));
      const error = await reader.read(arn('eu-west-1'), signal).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(SecretRefused);
      expect(String(error)).toContain(name);
    },
  );

  it.each(['ThrottlingException', 'InternalServiceError', 'ServiceUnavailable', 'TimeoutError', 'ECONNREFUSED'])(
    'that cannot be read for %s may be there at the next try',
    async (name) => {
      const reader = makeSecretReader((region) => makeSecretsManagerClient({ region }));
      secretsManager.on(GetSecretValueCommand).rejects(named(name));
      const error = await reader.read(arn('eu-west-1'), signal).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name });
      expect(error).not.toBeInstanceOf(SecretRefused);
    },
  );
});
