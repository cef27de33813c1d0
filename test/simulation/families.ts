/**
 * The check of reruns at the end: the real reader's results of each first job hold each item at most once, in order, with the newest good line, else the
 * newest failed one. The expectation is made from the outcomes in the bucket alone.
 */
import { decodeManifest } from '../../core/contract/job.js';
import { manifestKey, outcomeKey } from '../../core/contract/keys.js';
import { readFamily } from '../../runner/results/family/read-family.js';
import { readFamilyRows } from '../../runner/results/family/family-rows.js';
import type { SimulatedJob } from './jobs.js';
import { SimulatedProcess } from './process.js';
import type { World } from './world/world.js';

export async function checkFamilies(world: World): Promise<void> {
  const firsts = new Set(world.jobs.filter(({ rerun }) => rerun !== undefined).map(firstOf));
  let isRead = false;
  const checked = (async () => {
    for (const first of firsts) await checkFamily(world, first);
  })().finally(() => (isRead = true));
  await world.clock.run(() => isRead);
  await checked;
}

const firstOf = (job: SimulatedJob): SimulatedJob => (job.rerun === undefined ? job : firstOf(job.rerun.parent));

async function checkFamily(world: World, first: SimulatedJob): Promise<void> {
  const { signal } = new AbortController();
  const process = new SimulatedProcess('user', `results-${world.commands++}`, world.clock, world.random);
  const store = world.bucket.storeFor(process);
  const manifest = manifestOf(world, first.job);
  // A job that was cancelled while it was submitted has no results.
  if (manifest === undefined) return;
  const family = await readFamily(manifest, { store, signal });
  const { job, batches } = manifest;
  const read: string[] = [];
  const reading = { job, batches, store, signal, ...(family === undefined ? {} : { family }) };
  for await (const rows of readFamilyRows(reading, {})) {
    for (const row of rows) read.push(`${row.index} ${row.ok ? row.outputJson : row.error.code}`);
  }
  const expected = expectedRows(world, first);
  if (read.join('\n') === expected.join('\n')) return void world.did('family-read');
  const at = expected.findIndex((line, index) => line !== read[index]);
  world.problem(
    `${first.job} and its reruns have ${read.length} results, and should have ${expected.length}: result ${at} is ${read[at]}, and should be ${expected[at]}`,
  );
}

const manifestOf = ({ bucket }: World, job: string): ReturnType<typeof decodeManifest> =>
  decodeManifest(bucket.text(manifestKey(job)) ?? '', job);

interface Line {
  readonly index: number;
  readonly ok: boolean;
  readonly output?: unknown;
  readonly error?: { readonly code: string };
}

function expectedRows(world: World, first: SimulatedJob): readonly string[] {
  const family = world.jobs.filter((job) => firstOf(job) === first && manifestOf(world, job.job) !== undefined);
  const best = new Map<number, Line>();
  for (const job of family.sort((a, b) => (orderOf(world, a) < orderOf(world, b) ? -1 : 1))) {
    for (const line of linesOf(world, job)) {
      const index = originIn(job, line.index);
      if (line.ok || best.get(index)?.ok !== true) best.set(index, { ...line, index });
    }
  }
  return [...best.values()]
    .sort((a, b) => a.index - b.index)
    .map(({ index, ok, output, error }) => `${index} ${ok ? JSON.stringify(output) : error?.code}`);
}

/** The first job comes before its reruns, whatever the clocks of those who submitted them said. */
function orderOf(world: World, { job, rerun }: SimulatedJob): string {
  return `${rerun === undefined ? 0 : 1} ${manifestOf(world, job)?.createdAt} ${job}`;
}

const originIn = ({ rerun }: SimulatedJob, index: number): number =>
  rerun === undefined ? index : originIn(rerun.parent, rerun.origins[index] ?? Number.NaN);

function linesOf({ bucket }: World, { job, batches }: SimulatedJob): readonly Line[] {
  return Array.from({ length: batches }, (_, batch) => bucket.text(outcomeKey(job, batch)) ?? '')
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
