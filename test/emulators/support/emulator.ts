/**
 * Which emulator the suite is held against. `npm run test:localstack` and `test:moto` find or start one and set these variables; by hand:
 * EMULATOR=localstack ENDPOINT=http://127.0.0.1:4566 npx vitest run --project emulators
 */
import process from 'node:process';

export interface EmulatorUnderTest {
  readonly name: 'localstack' | 'moto';
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Only in a container does LocalStack run functions. */
  readonly runsFunctions: boolean;
}

const ACCOUNT = { localstack: '000000000000', moto: '123456789012' } as const;

export function emulatorUnderTest(env: NodeJS.ProcessEnv = process.env): EmulatorUnderTest {
  const { EMULATOR: name, ENDPOINT: endpoint } = env;
  if (name !== 'localstack' && name !== 'moto') {
    throw new Error(`EMULATOR is ${name ?? 'unset'}: say localstack or moto, or use "npm run test:localstack".`);
  }
  if (endpoint === undefined)
    throw new Error(`ENDPOINT is unset: say where ${name} listens, as http://127.0.0.1:4566.`);
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

/** All that a command needs to find it, the CDK's as well as ours: the SDKs' own variables. */
export const environmentOf = ({ endpoint, region, credentials }: EmulatorUnderTest): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

/** What the suite's own clients are made from. */
export const clientOptionsOf = ({
  endpoint,
  region,
  credentials,
}: EmulatorUnderTest): Pick<EmulatorUnderTest, 'endpoint' | 'region' | 'credentials'> => ({
  endpoint,
  region,
  credentials,
});
