/** Creates a stack on the local cloud whose instances boot as on AWS: with the CDK stack's boot script, in the test's own machine (init.mjs). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeEc2Client, makeS3Client, makeSqsClient } from '../../../aws/clients.js';
import { provisionStack } from '../../../aws/stack-provisioner.js';
import { userData } from '../../../infra/boot/user-data.js';
import type { ProvisionLocalStack } from '../../../runner/local-cloud/stack.js';
import { projectRoot } from '../../support/cli.js';

export interface MachineOptions {
  /** The directory for the script and for the recorded calls. */
  readonly directory: string;
  readonly maxIdleSeconds: number;
  /** Packages that the pool asks for. The stand-in for dnf knows git and gcc. */
  readonly packages?: readonly string[];
  /** `real` uses the AWS CLI of this computer and not the stand-in. */
  readonly aws?: 'real';
}

export const LIFE_SECONDS = 3_600;

/** The file with the calls by which the boot script and its unit change the system, one per line. */
export const callsFile = ({ directory }: MachineOptions): string => path.join(directory, 'calls');

export function provisionMachines(options: MachineOptions): ProvisionLocalStack {
  return async ({ endpoint, region, accessKeyId, secretAccessKey }, { maxWorkers }, signal) => {
    const credentials = { accessKeyId, secretAccessKey };
    const client = { region, endpoint, credentials };
    return provisionStack(
      {
        clients: { sqs: makeSqsClient(client), s3: makeS3Client(client), ec2: makeEc2Client(client) },
        name: 'boot',
        fleet: 'ec2-fleet',
        region,
        endpoint,
        credentials,
        maxWorkers,
        instanceProfile: 'worker',
        userData: (made) => machineUserData(options, { ...made, endpoint }),
      },
      signal,
    );
  };
}

/** The user data of a local instance that boots with the boot script. */
export function machineUserData(
  options: MachineOptions,
  pool: { readonly region: string; readonly queueUrl: string; readonly bucket: string; readonly endpoint: string },
): string {
  const { directory, maxIdleSeconds, aws = '', packages = [] } = options;
  const script = path.join(directory, 'user-data');
  const machine = {
    maxIdleSeconds,
    maxLifeSeconds: LIFE_SECONDS,
    python: '3.13',
    packages,
    gpus: false,
    root: '@ROOT@',
  } as const;
  writeFileSync(script, userData({ ...pool, ...machine }));
  return `#!/bin/sh
export MACHINE_SCRIPT='${script}' MACHINE_CALLS='${callsFile(options)}' MACHINE_AWS='${aws}' AWS_ENDPOINT_URL='${pool.endpoint}'
exec '${process.execPath}' '${path.join(projectRoot, 'test/e2e/machine/init.mjs')}'
`;
}
