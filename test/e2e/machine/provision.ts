/** A stack on the local cloud whose instances boot as on AWS: by the boot script of the CDK stack, in a machine of the test's own. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeEc2Client, makeS3Client, makeSqsClient } from '../../../aws/clients.js';
import { provisionStack } from '../../../aws/stack-provisioner.js';
import { userData } from '../../../infra/boot/user-data.js';
import type { ProvisionLocalStack } from '../../../runner/local-cloud/stack.js';
import { projectRoot } from '../../support/cli.js';

export interface MachineOptions {
  /** For the script, and for what the machine notes. */
  readonly directory: string;
  readonly maxIdleSeconds: number;
  /** `real`: the AWS CLI of this computer, not the stand-in. */
  readonly aws?: 'real';
}

export const LIFE_SECONDS = 3_600;

/** One line a call of what the boot script and its unit do to the system. */
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

/** Of a local instance that boots by the boot script. */
export function machineUserData(
  options: MachineOptions,
  pool: { readonly region: string; readonly queueUrl: string; readonly bucket: string; readonly endpoint: string },
): string {
  const { directory, maxIdleSeconds, aws = '' } = options;
  const script = path.join(directory, 'user-data');
  writeFileSync(script, userData({ ...pool, maxIdleSeconds, maxLifeSeconds: LIFE_SECONDS, root: '@ROOT@' }));
  return `#!/bin/sh
export MACHINE_SCRIPT='${script}' MACHINE_CALLS='${callsFile(options)}' MACHINE_AWS='${aws}' AWS_ENDPOINT_URL='${pool.endpoint}'
exec '${process.execPath}' '${path.join(projectRoot, 'test/e2e/machine/init.mjs')}'
`;
}
