/** Chooses the emulator of AWS that a command talks to, with its region and credentials. */
import { UserError } from '../runner/errors.js';
import type { StackFields } from '../runner/cli/stack-fields.js';
import type { Emulator } from './emulator.js';

/** The credentials in the documentation of LocalStack and moto. Neither checks them. */
const EMULATOR_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;
const DEFAULT_REGION = 'us-east-1';

export interface EmulatorChoice {
  readonly emulator: Emulator;
  /** True when the user gave no credentials, so the emulators' usual ones are used. Only these are written to the outputs file. */
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

/** An endpoint must be named by an option, the outputs or a variable, so that these commands never reach AWS by mistake. */
export function emulatorEndpoint(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const endpoint = given ?? env['SPOTPOOL_ENDPOINT'] ?? env['AWS_ENDPOINT_URL'];
  if (endpoint === undefined || endpoint === '') {
    throw new UserError(
      'No emulator is named. Name its endpoint with --endpoint http://127.0.0.1:4566, or set AWS_ENDPOINT_URL.',
    );
  }
  if (!/^https?:\/\/[^/]+/.test(endpoint)) {
    throw new UserError(`"${endpoint}" is not an endpoint. Give a URL like http://127.0.0.1:4566.`);
  }
  // One emulator has one spelling: the lock of `emulator host` compares endpoints as text.
  return endpoint.replace(/\/+$/, '');
}
