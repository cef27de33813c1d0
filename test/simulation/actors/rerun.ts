/** The real plan and submission of a rerun. A person waits for the end of a job, and gives the command again when it fails or its machine dies. */
import { decodeManifest } from '../../../core/contract/job.js';
import { manifestKey, originsKey } from '../../../core/contract/keys.js';
import { UserError } from '../../../runner/errors.js';
import { planRerun } from '../../../runner/rerun/plan-rerun.js';
import type { ItemChoice } from '../../../runner/rerun/select-items.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import { drawJob, itemsOf, MOST_BATCHES, type JobShape, type SimulatedJob, type SimulatedRerun } from '../jobs.js';
import { endOf } from '../liveness.js';
import type { SimulatedProcess } from '../process.js';
import type { Random } from '../random.js';
import type { World } from '../world/world.js';
import { giveAgain } from './given-again.js';
import { isOfEndedJob, requestOf, submitPorts } from './submit.js';

const AGAIN_MOST_MS = 60_000;
const LOOK_EVERY_MS = 5_000;

/** One command, which is the same whenever it is given again. */
interface Order {
  readonly id: string;
  readonly parent: SimulatedJob;
  readonly choice: ItemChoice;
  readonly shape: JobShape;
}

export function startRerun(world: World, random: Random, parent: SimulatedJob): void {
  const items = itemsOf(parent);
  const [a, b] = [random.int(0, items - 1), random.int(0, items - 1)];
  const some = [{ first: Math.min(a, b), last: Math.max(a, b) }];
  const choice = random.pick<ItemChoice>([
    { failed: true },
    { failed: false, items: some },
    { failed: true, items: some },
  ]);
  // The parent's number of items is the most that may be chosen.
  const shape = drawJob(random, world.settings.withoutFates, { batches: 1, itemsPerBatch: items });
  const itemsPerBatch = Math.max(random.int(1, 12), Math.ceil(items / MOST_BATCHES));
  give(world, random, { id: `rerun-${world.commands++}`, parent, choice, shape: { ...shape, itemsPerBatch } });
}

/** The same command is given in another terminal, too. */
export const submitRerunAgain = (
  world: World,
  random: Random,
  job: SimulatedJob,
  { parent, choice }: SimulatedRerun,
): void => give(world, random, { id: job.job, parent, choice, shape: job });

const give = (world: World, random: Random, order: Order): void =>
  giveAgain(world, random, {
    kind: 'submit',
    name: 'rerun',
    againMostMs: AGAIN_MOST_MS,
    run: (process) => rerun(world, process, order),
    isLast: (error) =>
      isRefused(world, order, error) ||
      isOfEndedJob(world, jobOf(world, order) ?? { job: order.id, isCancelled: false }, error),
  });

const jobOf = ({ jobs }: World, { id }: Order): SimulatedJob | undefined => jobs.find(({ job }) => job === id);

/** Two people who give the same command at once may find different failed items, because a third rerun ended in between. The later one is refused. */
function isRefused(world: World, { id }: Order, error: unknown): boolean {
  if (!(error instanceof UserError)) return false;
  if (error.message.includes('has begun the rerun')) world.did('rerun-refused');
  else world.problem(`${id} was refused: ${error.message}`);
  return true;
}

async function rerun(world: World, process: SimulatedProcess, order: Order): Promise<void> {
  const { id, parent, choice, shape } = order;
  const { signal } = new AbortController();
  while (endOf(world, parent) === undefined) await process.clock.sleep(LOOK_EVERY_MS, signal);
  const ports = submitPorts(world, process, { job: id, sources: NO_SOURCES });
  const found = await ports.store.get(manifestKey(parent.job), { signal });
  const manifest = found && decodeManifest(found.body, parent.job);
  if (manifest === undefined) throw new Error(`The manifest of ${parent.job} cannot be read.`);
  const plan = await planRerun(
    { parent: manifest, choice, id, hasSameModel: false, by: 'someone' },
    { ...ports, signal },
  );
  if (plan.kind === 'nothing') return world.did('nothing-to-rerun');
  const begin: typeof plan.source.begin = async (job, held) => {
    await plan.source.begin(job, held);
    addRerun(world, order);
  };
  const request = requestOf({ job: id, ...shape });
  await submitJob({ ...request, rerun: { ...plan.source, begin } }, ports, { signal, onEvent: () => undefined });
  world.did('rerun-submitted');
}

/** The job exists from the moment at which its origins are written. */
function addRerun(world: World, { id, parent, choice, shape }: Order): void {
  if (world.jobs.some(({ job }) => job === id)) return;
  const origins = (world.bucket.text(originsKey(id)) ?? '').trimEnd().split('\n').map(Number);
  const batches = Math.ceil(origins.length / shape.itemsPerBatch);
  world.jobs.push({ ...shape, batches, job: id, isCancelled: false, rerun: { parent, choice, origins } });
}

/** The items are in the bucket. */
const NO_SOURCES = {
  head: async () => undefined,
  async *stream() {
    // A rerun reads no source.
  },
  async *list() {
    // A rerun lists no source.
  },
};
