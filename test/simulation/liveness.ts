/** The check at the end: when faults have stopped, every job ends within a bound, with the right results, and nothing is left running (R5, R9). */
import { decodeEnds, type EndEntry } from '../../core/contract/ends.js';
import * as keys from '../../core/contract/keys.js';
import { decodeOutcomeMetadata, ITEM_ERROR_CODES } from '../../core/contract/result-line.js';
import { inputAt, itemsOf, itemsOfBatch, type SimulatedJob } from './jobs.js';
import { codesOfFate, outputOf } from './models/behaviour.js';
import type { World } from './world/world.js';

/** The job's end; undefined while it goes on. */
export function endOf({ bucket }: World, { job }: Pick<SimulatedJob, 'job'>): EndEntry | undefined {
  const text = bucket.text(keys.endsKey(job));
  const last = text === undefined ? undefined : decodeEnds(text)?.entries.at(-1);
  return last?.kind === 'end' ? last : undefined;
}

export const isAtRest = (world: World): boolean =>
  world.fleet.target === 0 &&
  world.deadMan.firesAtMs === undefined &&
  world.fleet.live.length === 0 &&
  world.submits.size === 0 &&
  world.jobs.every((job) => endOf(world, job) !== undefined);

export function describeRest(world: World): string {
  const { bucket, deadMan, fleet, jobs, queue } = world;
  const open = jobs.filter((job) => endOf(world, job) === undefined);
  const lacks = open.map((job) => `${job.job} lacks ${missing(world, job).join(', ')}`);
  const live = fleet.live.map(({ id, phase }) => `${id} ${phase()}`);
  const { visible, inFlight } = queue.counts();
  return (
    `target ${fleet.target}, live [${live.join(', ')}], jobs [${lacks.join('; ')}], messages ${visible}+${inFlight}, ` +
    `switch ${deadMan.firesAtMs === undefined ? 'off' : 'on'}, objects ${bucket.objects.size}`
  );
}

const missing = (world: World, { job, batches }: SimulatedJob): readonly number[] =>
  Array.from({ length: batches }, (_, batch) => batch).filter(
    (batch) => world.bucket.objects.get(keys.outcomeKey(job, batch)) === undefined,
  );

export function checkResults(world: World): void {
  for (const job of world.jobs) {
    checkEnd(world, job);
    for (let batch = 0; batch < job.batches; batch += 1) checkBatch(world, job, batch);
  }
}

function checkEnd(world: World, job: SimulatedJob): void {
  const end = endOf(world, job);
  const lacks = missing(world, job);
  if (end === undefined || lacks.length === 0 || isRightEnd(end, job)) return;
  world.problem(`${job.job} is ${end.state} (${end.reason}) and lacks batches ${lacks.join(', ')}`);
}

const isRightEnd = ({ state }: EndEntry, job: SimulatedJob): boolean =>
  state === 'cancelled' ? job.isCancelled : state === 'failed' && mayFail(job);

/** The job's model cannot be loaded, or none of its items can be computed. */
function mayFail(job: SimulatedJob): boolean {
  const { fates, load } = job.behaviour;
  const items = itemsOf(job);
  const guilty = [...fates].filter(([index, fate]) => index < items && codesOfFate(fate).length > 0).length;
  return (load !== 'loads' && load !== 'fails-once') || guilty >= items;
}

function checkBatch(world: World, job: SimulatedJob, batch: number): void {
  const kept = world.bucket.objects.get(keys.outcomeKey(job.job, batch));
  if (kept === undefined) return;
  const where = `${job.job} batch ${batch}`;
  const lines = kept.body.toString().split('\n');
  const items = itemsOfBatch(job, batch);
  if (lines.pop() !== '' || lines.length !== items) {
    world.problem(`${where} has ${lines.length} lines, not ${items}`);
    return;
  }
  let failed = 0;
  for (const [item, line] of lines.entries()) {
    const index = batch * job.itemsPerBatch + item;
    const isOk = line === `{"index":${index},"ok":true,"output":${outputOf(index, inputAt(job, index))}}`;
    if (!isOk) failed += 1;
    const why = isOk ? undefined : whyWrong(job, { index, batch, line });
    if (why !== undefined) world.problem(`${where}: ${why}: ${line}`);
  }
  const told = decodeOutcomeMetadata(kept.metadata);
  if (told?.failed !== failed || told.ok !== lines.length - failed) {
    world.problem(`${where} has ${failed} failed items, and its metadata is ${JSON.stringify(kept.metadata)}`);
  }
}

/** Returns what is wrong with a line that is not the item's output. */
function whyWrong(
  { behaviour: { fates }, itemsPerBatch }: SimulatedJob,
  { index, batch, line }: { readonly index: number; readonly batch: number; readonly line: string },
): string | undefined {
  if (!line.startsWith(`{"index":${index},"ok":false,"error":{"code":"`)) return `item ${index} has a wrong result`;
  const code = /"code":"([^"]*)"/.exec(line)?.[1] ?? '';
  const fate = fates.get(index);
  if (codesOfFate(fate).includes(code)) return undefined;
  const first = batch * itemsPerBatch;
  const isGuilty = Array.from({ length: itemsPerBatch }, (_, item) => fates.has(first + item)).includes(true);
  if (code === ITEM_ERROR_CODES.batchGivenUp && isGuilty) return undefined;
  return `item ${index} (fate ${fate ?? 'none'}) failed with ${code}`;
}
