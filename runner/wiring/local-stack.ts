/** Creates the stack of a local cloud through the SDK: the same queues, bucket, launch template and fleet as on AWS. */
import { makeEc2Client, makeS3Client, makeSqsClient } from '../../aws/clients.js';
import { provisionStack } from '../../aws/stack-provisioner.js';
import { definedFields } from '../../core/defined-fields.js';
import { instanceTypesOf, workerVariables } from '../local-cloud/options.js';
import { installedFiles } from '../local-cloud/paths.js';
import type { ProvisionLocalStack } from '../local-cloud/stack.js';
import { localUserData } from '../local-cloud/user-data.js';
import { detectPython, pythonFields, pythonVariables } from '../python/detect-python.js';

const STACK_NAME = 'spotpool-local';

export const provisionLocalStack: ProvisionLocalStack = async (address, options, signal) => {
  const { endpoint, region, accessKeyId, secretAccessKey } = address;
  const credentials = { accessKeyId, secretAccessKey };
  const client = { region, endpoint, credentials };
  // It runs beside the requests, because a Python may take a while to start.
  const detecting = detectPython(process.env, signal);
  detecting.catch(() => undefined); // it is awaited below
  const made = await provisionStack(
    {
      clients: { sqs: makeSqsClient(client), s3: makeS3Client(client), ec2: makeEc2Client(client) },
      name: STACK_NAME,
      fleet: 'ec2-fleet',
      region,
      endpoint,
      credentials,
      maxWorkers: options.maxWorkers,
      ...definedFields({ instanceTypes: instanceTypesOf(options) }),
      instanceProfile: `${STACK_NAME}-worker`,
      userData: async ({ queueUrl, bucket }) =>
        localUserData({
          queueUrl,
          bucket,
          region,
          endpoint,
          nodePath: process.execPath,
          workerPath: installedFiles().worker,
          lastWordsPath: installedFiles().lastWords,
          worker: { ...workerVariables(options), ...pythonVariables(await detecting) },
        }),
    },
    signal,
  );
  const found = await detecting;
  const { maxIdleSeconds } = options;
  return { ...made, ...pythonFields(found), ...definedFields({ maxIdleSeconds }), installedWorker: true };
};
