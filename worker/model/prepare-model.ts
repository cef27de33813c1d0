/**
 * Prepares models on this instance, step by step (step.ts): each model once, however many batches ask for it.
 *
 * Invariants:
 * - A place (model-place.ts) belongs to one digest, setup and list of weights. Its file `ready` appears after its last step has
 *   succeeded. A place without that file is made again.
 * - The environment is made, and setup runs, in the place's final folders, because virtual environments hold absolute
 *   paths.
 * - Simultaneous calls share one preparation. It is aborted when all of them are. A failure is not kept.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { definedFields } from '../../core/defined-fields.js';
import { errorText } from '../../core/error-text.js';
import type { ModelSpec } from '../../core/contract/job.js';
import type { PreparedModel } from '../slot/slot.js';
import { bundleStep } from './bundle-step.js';
import { environmentStep } from './environment-step.js';
import { instancePython } from './interpreter.js';
import { exists, makeFolders, type ModelPlace, ownPython, placeOf, variablesOf } from './model-place.js';
import { ModelUnable } from './prepared-models.js';
import { readSecrets } from './read-secrets.js';
import { setupStep } from './setup-step.js';
import { SharedWork } from './shared-work.js';
import { FETCH_PAUSES, type PrepareModelOptions, type Step, type StepWork, unable } from './step.js';
import { weightsStep } from './weights-step.js';

const STEPS: readonly Step[] = [bundleStep, environmentStep, weightsStep, setupStep];

const preparations = new SharedWork<void>();

/** Waits until nothing is prepared below this folder any more: a preparation that was aborted may still write for a moment. */
export const preparationsEnded = (directory: string): Promise<void> => SharedWork.ended(directory);

/** Throws `ModelUnable` when this instance cannot use the model, and the signal's reason when it aborts. */
export async function prepareModel(options: PrepareModelOptions): Promise<PreparedModel> {
  const { spec, python, workerEnv } = options;
  const secrets = await secretsOf(options);
  const place = placeOf(options.directory, spec);
  await preparations.run(place.root, options.signal, async (signal) => {
    if (await exists(place.ready)) return;
    await prepare({ ...options, place, secrets, signal });
  });
  return {
    modelKey: modelKeyOf(spec, options.options),
    spec,
    directory: place.directory,
    variables: await variablesOf(place, workerEnv),
    ...definedFields({
      python: (await ownPython(place)) ?? instancePython({ python, workerEnv }),
      weights: place.weights,
    }),
    options: options.options,
    secrets,
  };
}

async function secretsOf({
  options,
  secretReader,
  clock,
  signal,
  onTrouble,
}: PrepareModelOptions): Promise<Record<string, string>> {
  try {
    return await readSecrets(options.secrets ?? {}, secretReader, {
      ...FETCH_PAUSES,
      clock,
      signal,
      onTrouble: (message) => onTrouble('reading secrets', message),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw unable('setup', errorText(error), error);
  }
}

/** Models with the same key share a loaded slot. The digest covers the environment; weights are beside the bundle. */
function modelKeyOf(spec: ModelSpec, { env, secrets = {}, nan }: PreparedModel['options']): string {
  const [variables, arns] = [env, secrets].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  const weights = spec.weights?.digest ?? '';
  return hashOf([spec.digest, spec.start, spec.setup ?? '', weights, variables, arns, nan]);
}

async function prepare(options: PrepareModelOptions & Pick<StepWork, 'place' | 'secrets'>): Promise<void> {
  const { place, spec } = options;
  try {
    await removeLeftOvers(place);
    await makeFolders(place);
    for (const step of STEPS) await runStep(step, options);
    await writeFile(place.ready, '');
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ModelUnable) throw error;
    throw unable('fetch', `The model ${spec.name} could not be prepared: ${errorText(error)}`, error);
  }
}

async function runStep(step: Step, options: PrepareModelOptions & Pick<StepWork, 'place' | 'secrets'>): Promise<void> {
  const { clock, report, signal, spec } = options;
  const { phase } = step;
  const work = { ...options, doing: (doing: string): void => report?.doing(phase, doing) };
  signal.throwIfAborted();
  if (!(await step.isNeeded(work))) return;
  const startedAtMs = clock.nowMs();
  try {
    const { bytes } = await step.run(work);
    report?.done({ phase, ms: clock.nowMs() - startedAtMs, ...definedFields({ bytes }) });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ModelUnable) throw error;
    throw unable(phase, `The step "${phase}" of the model ${spec.name} failed: ${errorText(error)}`, error);
  }
}

async function removeLeftOvers(place: ModelPlace): Promise<void> {
  await rm(place.root, { recursive: true, force: true });
  await mkdir(place.root, { recursive: true });
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
