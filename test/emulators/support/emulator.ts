/**
 * Reads which emulator the suite runs on. `npm run test:localstack` and `test:moto` find or start one and set the variables. To run it by hand:
 * EMULATOR=localstack ENDPOINT=http://127.0.0.1:4566 npx vitest run --project emulators
 */
import process from 'node:process';

export interface EmulatorUnderTest {
  readonly name: 'localstack' | 'moto';
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** LocalStack runs functions only in a container. */
  readonly runsFunctions: boolean;
}

const ACCOUNT = { localstack: '000000000000', moto: '123456789012' } as const;

export function emulatorUnderTest(env: NodeJS.ProcessEnv = process.env): EmulatorUnderTest {
  const { EMULATOR: name, ENDPOINT: endpoint } = env;
  if (name !== 'localstack' && name !== 'moto') {
    throw new Error(`EMULATOR is ${name ?? 'unset'}. Set it to localstack or moto, or use "npm run test:localstack".`);
  }
  if (endpoint === undefined)
    throw new Error(`ENDPOINT is unset. Set it to the endpoint of ${name}, such as http://127.0.0.1:4566.`);
  return {
    name,
    endpoint,
    region: env['AWS_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? 'test',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
    },
    runsFunctions: name === 'localstack' && env['EMULATOR_ORIGIN'] === 'docker',
  };
}

export const accountOf = ({ name }: EmulatorUnderTest): string => ACCOUNT[name];

/** Returns the SDKs' variables, by which the commands of spotpool and the CDK find the emulator. */
export const environmentOf = ({ endpoint, region, credentials }: EmulatorUnderTest): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

/** Returns the options of the suite's own clients. */
export const clientOptionsOf = ({
  endpoint,
  region,
  credentials,
}: EmulatorUnderTest): Pick<EmulatorUnderTest, 'endpoint' | 'region' | 'credentials'> => ({
  endpoint,
  region,
  credentials,
});
