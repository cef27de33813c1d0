/**
 * Measures small and large objects, and a long listing, against a server without any work of its own: the time of
 * the SDK itself.
 */
import { writeFileSync } from 'node:fs';
import { inRounds, medianOf, show } from '../support/rounds.js';
import type { Section, Target } from '../support/section.js';
import type { Row } from '../support/table.js';
import { timed, type Timed } from '../support/timed.js';
import { getAll, LARGE_BYTES, listAll, makeBucket, type Objects, putAll, SMALL_BYTES } from './bucket-work.js';
import { onDisk } from './disk.js';
import { recordPages } from './recorded-pages.js';
import type { Sizes } from './sizes.js';
import type { Subject } from './subjects.js';

const CLIENTS = 8;
const LARGE_AT_ONCE = 2;
/** Below this share of the speed of the slower of disk and SDK, the server is the bottleneck. */
const LEAST_LARGE_SHARE = 0.8;
/** A listing may take this much longer than the SDK takes for pages that are ready. */
const MOST_LISTING_RATIO = 1.5;
const LISTINGS = 3;

interface Sample {
  readonly put: Timed;
  readonly get: Timed;
}

interface Pair {
  readonly local: Subject;
  readonly nothing: Subject;
}

export async function objects(pair: Pair, sizes: Sizes, pagesFile: string): Promise<readonly Section[]> {
  await makeBucket(pair.local.s3);
  const small = await smallObjects(pair, sizes);
  const large = await largeObjects(pair, sizes);
  return [small, large, await listing(pair, sizes, pagesFile)];
}

async function putAndGet({ s3, pid }: Subject, wanted: Objects): Promise<Sample> {
  const put = await timed(pid, () => putAll(s3, wanted));
  return { put, get: await timed(pid, () => getAll(s3, wanted)) };
}

async function smallObjects({ local, nothing }: Pair, sizes: Sizes): Promise<Section> {
  const count = sizes.smallObjects;
  const body = new Uint8Array(SMALL_BYTES).fill(120);
  const samples = await inRounds([local, nothing], sizes.rounds, (subject, round) =>
    putAndGet(subject, { prefix: `small/${round}-`, count, width: CLIENTS, body }),
  );
  const of = (subject: Subject, way: keyof Sample): Timed[] =>
    (samples.get(subject) ?? []).map((sample) => sample[way]);
  const rate = (subject: Subject, way: keyof Sample): number[] =>
    of(subject, way).map(({ seconds }) => count / seconds);
  const micro = (way: keyof Sample, side: 'clientCpuSeconds' | 'serverCpuSeconds'): number[] =>
    of(local, way).map((sample) => (sample[side] * 1e6) / count);
  const ways = ['put', 'get'] as const;
  return {
    title: 'S3: objects of 1 KiB',
    how: `${CLIENTS} at a time, ${count.toLocaleString('en-US')} a round, ${sizes.rounds} rounds. The client is one SDK client in a process of its own; "a server that does nothing" shows what it can do at best.`,
    header: ['', 'put', 'get'],
    rows: [
      ['local cloud, objects/s', ...ways.map((way) => show(rate(local, way)))],
      ['a server that does nothing, objects/s', ...ways.map((way) => show(rate(nothing, way)))],
      [
        'local cloud / nothing',
        ...ways.map((way) => (medianOf(rate(local, way)) / medianOf(rate(nothing, way))).toFixed(2)),
      ],
      ['CPU of the client, µs an object', ...ways.map((way) => show(micro(way, 'clientCpuSeconds')))],
      ['CPU of the server, µs an object', ...ways.map((way) => show(micro(way, 'serverCpuSeconds')))],
    ],
    targets: ways.map((way): Target => {
      const client = medianOf(micro(way, 'clientCpuSeconds'));
      const server = medianOf(micro(way, 'serverCpuSeconds'));
      return {
        wanted: `${way}: the SDK client is the limit, not the server (CPU of the server below the client's)`,
        measured: `${server.toFixed(0)} µs of ${client.toFixed(0)} µs`,
        isMet: server < client,
      };
    }),
  };
}

async function largeObjects({ local, nothing }: Pair, sizes: Sizes): Promise<Section> {
  const wanted: Objects = {
    prefix: 'large/',
    count: sizes.largeObjects,
    width: LARGE_AT_ONCE,
    body: new Uint8Array(LARGE_BYTES).fill(120),
  };
  const samples = await inRounds([local, nothing, 'disk'] as const, sizes.rounds, async (subject) => {
    if (subject !== 'disk') return putAndGet(subject, wanted);
    const { write, read } = await onDisk(wanted);
    const plain = (seconds: number): Timed => ({ seconds, clientCpuSeconds: 0, serverCpuSeconds: 0 });
    return { put: plain(write), get: plain(read) };
  });
  const megabytes = (wanted.count * LARGE_BYTES) / 1e6;
  const rate = (subject: Subject | 'disk', way: keyof Sample): number[] =>
    (samples.get(subject) ?? []).map((sample) => megabytes / sample[way].seconds);
  const cpu = (way: keyof Sample, side: 'clientCpuSeconds' | 'serverCpuSeconds'): number[] =>
    (samples.get(local) ?? []).map((sample) => (sample[way][side] * 1e3) / wanted.count);
  const ways = ['put', 'get'] as const;
  const share = (way: keyof Sample): number =>
    medianOf(rate(local, way)) / Math.min(medianOf(rate('disk', way)), medianOf(rate(nothing, way)));
  const row = (title: string, figures: (way: keyof Sample) => string): Row => [title, ...ways.map(figures)];
  return {
    title: 'S3: objects of 8 MiB',
    how: `${LARGE_AT_ONCE} at a time, ${wanted.count} a round, ${sizes.rounds} rounds. The disk: the same bytes written to files, and read, by Node, without waiting for the disk itself (fsync); the local cloud does not wait for it either.`,
    header: ['', 'put', 'get'],
    rows: [
      row('local cloud, MB/s', (way) => show(rate(local, way))),
      row('a server that does nothing, MB/s', (way) => show(rate(nothing, way))),
      row('the disk by itself, MB/s', (way) => show(rate('disk', way))),
      row('local cloud / nothing', (way) => (medianOf(rate(local, way)) / medianOf(rate(nothing, way))).toFixed(2)),
      row('local cloud / disk', (way) => (medianOf(rate(local, way)) / medianOf(rate('disk', way))).toFixed(2)),
      row('CPU of the client, ms an object', (way) => show(cpu(way, 'clientCpuSeconds'), 1)),
      row('CPU of the server, ms an object', (way) => show(cpu(way, 'serverCpuSeconds'), 1)),
    ],
    targets: ways.map((way) => ({
      wanted: `${way}: at least ${LEAST_LARGE_SHARE} of the slower of the disk and the SDK by itself`,
      measured: share(way).toFixed(2),
      isMet: share(way) >= LEAST_LARGE_SHARE,
    })),
  };
}

async function listing({ local, nothing }: Pair, sizes: Sizes, pagesFile: string): Promise<Section> {
  const prefix = 'small/';
  const expected = sizes.rounds * sizes.smallObjects;
  writeFileSync(pagesFile, JSON.stringify(await recordPages(local.s3, prefix)));
  for (const { s3 } of [local, nothing]) await listAll(s3, prefix); // This listing warms up both servers.
  const samples = await inRounds([local, nothing], sizes.rounds, (subject) =>
    timed(subject.pid, async () => {
      for (let n = 0; n < LISTINGS; n += 1) {
        const keys = await listAll(subject.s3, prefix);
        if (keys !== expected) throw new Error(`${keys} of ${expected} keys were listed`);
      }
    }),
  );
  const ms = (subject: Subject, side: keyof Timed): number[] =>
    (samples.get(subject) ?? []).map((sample) => (sample[side] * 1_000) / LISTINGS);
  const ratio = medianOf(ms(local, 'seconds')) / medianOf(ms(nothing, 'seconds'));
  return {
    title: `S3: ${expected.toLocaleString('en-US')} objects listed`,
    how: `By pages of 1,000. "Pages that lie ready": the same bytes from a server that does nothing else, so that what is left is the SDK's own time. ${sizes.rounds} rounds of ${LISTINGS}.`,
    header: ['', 'local cloud', 'pages that lie ready', 'ratio'],
    rows: [
      ['a listing, ms', show(ms(local, 'seconds')), show(ms(nothing, 'seconds')), ratio.toFixed(2)],
      ['CPU of the client, ms', show(ms(local, 'clientCpuSeconds')), show(ms(nothing, 'clientCpuSeconds')), ''],
      ['CPU of the server, ms', show(ms(local, 'serverCpuSeconds')), show(ms(nothing, 'serverCpuSeconds')), ''],
    ],
    targets: [
      {
        wanted: `at the SDK's speed: at most ${MOST_LISTING_RATIO} times what it takes for pages that lie ready`,
        measured: ratio.toFixed(2),
        isMet: ratio <= MOST_LISTING_RATIO,
      },
    ],
  };
}
