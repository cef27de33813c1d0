/** Which emulator of AWS a command means, and how it is reached. */
import type { Emulator } from '../local-cloud/emulator.js';
import { UserError } from '../errors.js';
import type { StackFields } from './stack-fields.js';

/** What LocalStack's and moto's own pages use; they check none. */
const EMULATOR_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;
const DEFAULT_REGION = 'us-east-1';

export interface EmulatorChoice {
  readonly emulator: Emulator;
  /** Nobody gave credentials: the emulators' usual ones are taken, which the outputs are to name too. */
  readonly usualCredentials: boolean;
}

export function chooseEmulator(
  endpoint: string | undefined,
  fields: StackFields,
  env: NodeJS.ProcessEnv,
): EmulatorChoice {
  const { accessKeyId = env['AWS_ACCESS_KEY_ID'], secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] } = fields;
  const given = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  return {
    emulator: {
      endpoint: emulatorEndpoint(endpoint ?? fields.endpoint, env),
      region: fields.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? DEFAULT_REGION,
      credentials: given ?? EMULATOR_CREDENTIALS,
    },
    usualCredentials: given === undefined,
  };
}

/** Never AWS itself by oversight: the endpoint is named, by whatever names one. */
export function emulatorEndpoint(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const endpoint = given ?? env['SPOTPOOL_ENDPOINT'] ?? env['AWS_ENDPOINT_URL'];
  if (endpoint === undefined || endpoint === '') {
    throw new UserError(
      'Which emulator? Name its endpoint: --endpoint http://127.0.0.1:4566 (or set AWS_ENDPOINT_URL).',
    );
  }
  if (!/^https?:\/\/[^/]+/.test(endpoint)) {
    throw new UserError(`"${endpoint}" is no endpoint: it must be a URL like http://127.0.0.1:4566.`);
  }
  // Where it is handed on to, a path of its own would make another emulator of it.
  return endpoint.replace(/\/+$/, '');
}
