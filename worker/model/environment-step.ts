/**
 * Makes the virtual environment of a model from the packages that its bundle locks
 * (core/contract/python-environment.ts). Without such a lock a model has no environment of its own.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  decodeEnvironment,
  ENVIRONMENT_FILE,
  LOCK_FILE,
  MOST_ENVIRONMENT_BYTES,
  type PythonEnvironment,
} from '../../core/contract/python-environment.js';
import { askInterpreter, fitsPlatform, instancePython } from './interpreter.js';
import { install, toolVariables, unpackInstaller } from './installer.js';
import { exists } from './model-place.js';
import { type Step, type StepWork, unable } from './step.js';
import { fetchWheels } from './wheels.js';

export const environmentStep: Step = {
  phase: 'environment',
  isNeeded: async ({ spec, place }) =>
    spec.python !== undefined || (await exists(path.join(place.directory, ENVIRONMENT_FILE))),
  run: makeEnvironment,
};

async function makeEnvironment(work: StepWork): Promise<{ readonly bytes?: number }> {
  const { spec } = work;
  const environment = await readEnvironment(work);
  const { wheels, installer, source } = environment;
  const packages = wheels.length === 1 ? '1 package' : `${wheels.length} packages`;
  work.doing(`looking for Python ${environment.python} for ${spec.name}`);
  const python = await fittingPython(environment, work);
  const shipped = source === 'bucket' ? [installer, ...wheels] : [installer];
  work.doing(`fetching ${packages} for ${spec.name}`);
  await fetchWheels(shipped, work);
  const uv = await unpackInstaller(installer, python, work);
  work.doing(`installing ${packages} for ${spec.name}`);
  await install({ uv, python, environment }, work);
  return { bytes: wheels.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function readEnvironment({ place, spec }: StepWork): Promise<PythonEnvironment> {
  const file = path.join(place.directory, ENVIRONMENT_FILE);
  const isSound =
    (await exists(path.join(place.directory, LOCK_FILE))) &&
    (await exists(file)) &&
    (await stat(file)).size <= MOST_ENVIRONMENT_BYTES;
  const environment = isSound ? decodeEnvironment(await readFile(file)) : undefined;
  if (environment !== undefined) return environment;
  throw unable(
    'environment',
    `The bundle of the model ${spec.name} has no ${ENVIRONMENT_FILE} and ${LOCK_FILE} that this worker can read. ` +
      'Submit the model again with the version of spotpool that the stack runs.',
  );
}

async function fittingPython(environment: PythonEnvironment, work: StepWork): Promise<string> {
  const { spec, place, clock, signal, workerEnv } = work;
  const { python: wanted, platform } = environment;
  const python = instancePython({ python: work.python, workerEnv });
  const locked = `The packages of the model ${spec.name} are locked for Python ${wanted} on ${platform}`;
  const whatToDo = `Deploy the stack with the property python: '${wanted}', or submit the model again, which locks the packages for the stack as it is.`;
  if (python === undefined) {
    const looked = work.python === undefined ? 'there is no python3 on its PATH' : `${work.python} is no program`;
    throw unable('environment', `${locked}, but this instance has no Python: ${looked}. ${whatToDo}`);
  }
  const found = await askInterpreter({ python, cwd: place.root, env: toolVariables(work), clock, signal });
  if (typeof found === 'string') {
    throw unable('environment', `${locked}, but this instance's ${python} does not start (${found}). ${whatToDo}`);
  }
  if (found.version === wanted && fitsPlatform(found, platform)) return found.executable;
  const has = `Python ${found.version} on ${found.machine} ${found.system}`;
  throw unable('environment', `${locked}, but ${python} of this instance is ${has}. ${whatToDo}`);
}
