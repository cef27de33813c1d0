/** Implements the port `EmulatorStacks` with the SDK. A stack on an emulator has a Spot Fleet, because LocalStack and moto keep no EC2 Fleet. */
import {
  makeEc2Client,
  makeLambdaClient,
  makeS3Client,
  makeSchedulerClient,
  makeSqsClient,
} from '../../aws/clients.js';
import { makeDeadManSwitch } from '../../aws/dead-man-switch.js';
import { deleteFleet, provisionFleet } from '../../aws/fleet-provisioner.js';
import { setFleetOfFunction } from '../../aws/lambda-controller.js';
import { deleteStores, provisionStack } from '../../aws/stack-provisioner.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { installedFiles } from '../../runner/local-cloud/paths.js';
import { localUserData } from '../../runner/local-cloud/user-data.js';
import { detectPython, pythonFields, pythonVariables } from '../../runner/python/detect-python.js';
import { systemClock } from '../../runner/wiring/clock.js';
import type { DeletedFleet, Emulator, EmulatorFleetRequest, EmulatorStacks } from '../emulator.js';

export const emulatorStacks: EmulatorStacks = {
  createFleet: async (emulator, request, signal) => {
    const { name, controllerFunction: functionName } = request;
    const fleetId = await provisionFleet(
      makeEc2Client(emulator),
      { name, region: emulator.region, kind: 'spot-fleet' },
      userDataOf(emulator, request),
      signal,
    );
    if (functionName !== undefined)
      await setFleetOfFunction(makeLambdaClient(emulator), { functionName, fleetId }, signal);
    return fleetId;
  },
  createStack: async (emulator, { name, maxWorkers, worker }, signal) => {
    // The instances are processes of this machine, too.
    const python = await detectPython(process.env, signal);
    const variables = { ...worker, ...pythonVariables(python) };
    const made = await provisionStack(
      {
        clients: { sqs: makeSqsClient(emulator), s3: makeS3Client(emulator), ec2: makeEc2Client(emulator) },
        name,
        fleet: 'spot-fleet',
        maxWorkers,
        ...emulator,
        userData: ({ queueUrl, bucket }) => userDataOf(emulator, { queueUrl, bucket, worker: variables }),
      },
      signal,
    );
    return { ...made, ...pythonFields(python), installedWorker: true };
  },
  deleteFleet: deleteFleetAndSwitch,
  deleteStack: async (emulator, stack, signal) => {
    const fleet = await deleteFleetAndSwitch(emulator, stack, signal);
    await deleteStores({ sqs: makeSqsClient(emulator), s3: makeS3Client(emulator) }, stack.name, signal);
    return fleet;
  },
};

async function deleteFleetAndSwitch(
  emulator: Emulator,
  stack: Pick<StackConfig, 'name' | 'scheduler'>,
  signal: AbortSignal,
): Promise<DeletedFleet> {
  const deleted = await deleteFleet(makeEc2Client(emulator), { name: stack.name, kind: 'spot-fleet' }, signal);
  const deadMan = makeDeadManSwitch(makeSchedulerClient(emulator), {
    stack,
    fleetId: () => deleted.fleetId ?? '',
    nowMs: () => systemClock.nowMs(),
  });
  await deadMan.disarm(signal);
  return deleted;
}

function userDataOf(
  { endpoint, region }: Emulator,
  { queueUrl, bucket, worker }: Omit<EmulatorFleetRequest, 'name'>,
): string {
  return localUserData({
    queueUrl,
    bucket,
    region,
    endpoint,
    nodePath: process.execPath,
    workerPath: installedFiles().worker,
    lastWordsPath: installedFiles().lastWords,
    worker,
  });
}
