/** The check at the end: when faults have stopped, every job ends within a bound, with the right results, and nothing is left running (R5, R9). */
import { outcomeKey, doneKey } from '../../core/contract/keys.js';
import { decodeOutcomeMetadata } from '../../core/contract/result-line.js';
import { encodeOutputLine } from '../../core/contract/result-line.js';
import { inputOf, outputOf, type SimulatedJob } from './jobs.js';
import type { World } from './world/world.js';

const isEnded = (world: World, { job }: SimulatedJob): boolean => world.bucket.objects.get(doneKey(job)) !== undefined;

export const isAtRest = (world: World): boolean =>
  world.fleet.target === 0 &&
  world.deadMan.firesAtMs === undefined &&
  world.fleet.live.length === 0 &&
  world.jobs.every((job) => isEnded(world, job));

export function describeRest(world: World): string {
  const open = world.jobs
    .filter((job) => !isEnded(world, job))
    .map((job) => `${job.job} lacks ${missing(world, job).join(', ')}`);
  const live = world.fleet.live.map(({ id, phase }) => `${id} ${phase()}`);
  const { visible, inFlight } = world.queue.counts();
  return `target ${world.fleet.target}, live [${live.join(', ')}], jobs [${open.join('; ')}], messages ${visible}+${inFlight}, switch ${world.deadMan.firesAtMs === undefined ? 'off' : 'on'}`;
}

const missing = (world: World, { job, batches }: SimulatedJob): readonly number[] =>
  Array.from({ length: batches }, (_, batch) => batch).filter(
    (batch) => world.bucket.objects.get(outcomeKey(job, batch)) === undefined,
  );

export function checkResults(world: World): void {
  for (const job of world.jobs) checkJob(world, job);
}

function checkJob(world: World, job: SimulatedJob): void {
  const mark = world.bucket.text(doneKey(job.job));
  const lacks = missing(world, job);
  if (mark !== undefined && lacks.length > 0)
    world.problem(`${job.job} ended (${mark.trim()}) and lacks batches ${lacks.join(', ')}`);
  for (let batch = 0; batch < job.batches; batch += 1) {
    const kept = world.bucket.objects.get(outcomeKey(job.job, batch));
    if (kept === undefined) continue;
    const wanted = Array.from({ length: job.itemsPerBatch }, (_, item) => {
      const index = batch * job.itemsPerBatch + item;
      return encodeOutputLine(index, String(outputOf(inputOf(index))));
    }).join('');
    if (kept.body.toString() !== wanted)
      world.problem(`${job.job} batch ${batch} is ${kept.body.toString().slice(0, 300)}`);
    const told = decodeOutcomeMetadata(kept.metadata);
    if (told?.ok !== job.itemsPerBatch || told.failed !== 0)
      world.problem(`${job.job} batch ${batch}: the metadata is ${JSON.stringify(kept.metadata)}`);
  }
}
