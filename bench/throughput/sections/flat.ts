/**
 * Measures whether a worker's memory stays flat: many tiny batches pass through one worker, which is sampled all
 * the time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { medianOf } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { residentBytesOf } from '../../support/usage.js';
import { type BenchCloud, NO_LATENCY } from '../lab/cloud.js';
import { outputsOf } from '../lab/outcomes.js';
import { startWorker, untilStarted } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

const PARTS = 10;
const LOOK_EVERY_MS = 200;
/** This allows for garbage collection; a leak of 100 bytes per batch would exceed it over a million batches. */
const MOST_GROWTH = 1.1;

interface Look {
  readonly left: number;
  readonly residentBytes: number;
}

export async function flat(cloud: BenchCloud, { flatBatches }: Sizes): Promise<Section> {
  const looks = await looksAt(cloud, flatBatches);
  // The first tenth loads the model and warms up the compilers.
  const parts = Array.from({ length: PARTS }, (_, part) => {
    const from = flatBatches * (1 - part / PARTS);
    const to = flatBatches * (1 - (part + 1) / PARTS);
    return looks.filter(({ left }) => left <= from && left > to).map(({ residentBytes }) => residentBytes / 1e6);
  });
  const shown = [1, Math.floor(PARTS / 2), PARTS - 1];
  const [second = NaN, , last = NaN] = shown.map((part) => medianOf(parts[part] ?? []));
  return {
    title: 'Memory over a long run',
    how:
      `${flatBatches.toLocaleString('en-US')} batches of one item of 1 ms through one worker with one slot, ${NO_LATENCY.name}. Its resident memory (without the slot's), ` +
      `looked at each ${LOOK_EVERY_MS} ms: the median, least and most of a tenth of the batches. One run.`,
    header: ['batches', 'resident, MB: median', 'least', 'most'],
    rows: shown.map((part) => {
      const range = [part, part + 1].map((tenth) => ((flatBatches * tenth) / PARTS).toLocaleString('en-US'));
      const sizes = parts[part] ?? [];
      return [
        range.join(' to '),
        ...[medianOf(sizes), Math.min(...sizes), Math.max(...sizes)].map((mb) => mb.toFixed(0)),
      ];
    }),
    targets: [
      {
        wanted: `the last tenth at most ${MOST_GROWTH} times the second one`,
        measured: (last / second).toFixed(2),
        isMet: last <= second * MOST_GROWTH,
      },
    ],
  };
}

async function looksAt(cloud: BenchCloud, batches: number): Promise<readonly Look[]> {
  const queueUrl = await cloud.makeQueue();
  const worker = await startWorker(cloud, { queueUrl });
  try {
    await untilStarted(worker);
    const dataset = cloud.writeDataset(
      'flat.jsonl',
      Array.from({ length: batches }, () => ({ ms: 1 })),
    );
    const manifest = await cloud.submit(queueUrl, { dataset, model: 'busy.mjs', batchItems: 1 });
    const looks: Look[] = [];
    const looking = new AbortController();
    const look = async (): Promise<void> => {
      while (!looking.signal.aborted) {
        const left = await cloud.queued(queueUrl);
        looks.push({ left, residentBytes: residentBytesOf(worker.group.pid) });
        await delay(LOOK_EVERY_MS, undefined, { signal: looking.signal }).catch(() => undefined);
      }
    };
    const looked = look();
    try {
      await cloud.untilEmpty(queueUrl, [worker.group], 1_000);
    } finally {
      looking.abort();
      await looked;
    }
    await outputsOf(cloud.store, manifest);
    return looks;
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}
