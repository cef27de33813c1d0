/** Runs the model's setup command in the model's own folders and environment. */
import { childEnvironment } from '../process/child-environment.js';
import { hiderOf } from '../process/hide-secrets.js';
import { variablesOf } from './model-place.js';
import { runSetup, SETUP_TIMEOUT_MS } from './setup.js';
import { type Step, unable } from './step.js';

export const setupStep: Step = {
  phase: 'setup',
  isNeeded: async ({ spec }) => spec.setup !== undefined,
  run: async (work) => {
    const { spec, options, place, secrets, workerEnv, clock, onLog, signal } = work;
    work.doing(`running the setup command of ${spec.name}`);
    const variables = await variablesOf(place, workerEnv);
    const failure = await runSetup({
      command: spec.setup ?? '',
      cwd: place.directory,
      env: childEnvironment({ ...variables, ...options.env, ...secrets }, workerEnv),
      hide: hiderOf(secrets),
      timeoutMs: work.setupTimeoutMs ?? SETUP_TIMEOUT_MS,
      clock,
      onLog,
      signal,
    });
    if (failure !== undefined) throw unable('setup', failure);
    return {};
  },
};
