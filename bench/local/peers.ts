/**
 * Measures the same operations on the local cloud and on other emulators, in the same run, at a size that all can
 * handle.
 */
import { type Peer, PEERS, versionOf } from '../peers/catalogue.js';
import { PeerUnavailable } from '../peers/install.js';
import { startPeer } from '../peers/start.js';
import type { Endpoint } from '../support/local-cloud.js';
import { inRounds, medianOf, show } from '../support/rounds.js';
import type { Section } from '../support/section.js';
import { timed, type Timed } from '../support/timed.js';
import { getAll, LARGE_BYTES, listAll, makeBucket, putAll, SMALL_BYTES } from './bucket-work.js';
import { dropQueue, makeQueue, receiveAndDelete, send } from './queue-work.js';
import type { Sizes } from './sizes.js';
import { type Subject, subjectOf } from './subjects.js';

const CLIENTS = 8;
/** A peer that has not finished its part of a round by then is left out of the table, with a remark. */
const ROUND_LIMIT_MS = 120_000;

interface Contender {
  readonly subject: Subject;
  readonly services: readonly string[];
}

type Figures = Readonly<Record<string, number>>;

export async function sideBySide(local: Subject, sizes: Sizes): Promise<readonly Section[]> {
  const started: Endpoint[] = [];
  const contenders: Contender[] = [{ subject: local, services: ['sqs', 's3'] }];
  const leftOut: string[] = [];
  for (const peer of PEERS) {
    try {
      const endpoint = await startPeer(peer);
      started.push(endpoint);
      contenders.push({ subject: subjectOf(titleOf(peer), endpoint), services: peer.services });
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error;
      leftOut.push(`${titleOf(peer)} was left out: ${error.message}`);
    }
  }
  const note = leftOut.length === 0 ? '' : ` ${leftOut.join(' ')}`;
  const sections = [
    await compare('sqs', contenders, sizes, {
      title: 'Side by side: SQS',
      how: `${sizes.peerMessages.toLocaleString('en-US')} messages sent by ten, then received by ten and deleted by ten, by ${CLIENTS} clients; messages/s.${note}`,
      measure: (subject, round) => queueFigures(subject, sizes, round),
    }),
    await compare('s3', contenders, sizes, {
      title: 'Side by side: S3',
      how: `${sizes.peerObjects} objects of 1 KiB put and got, ${CLIENTS} at a time (objects/s); ${sizes.peerLargeObjects} of 8 MiB, one at a time (MB/s); the small ones of all rounds so far listed (ms).${note}`,
      measure: (subject, round) => bucketFigures(subject, sizes, round),
    }),
  ];
  await Promise.all(started.map(({ group }) => group.stop()));
  return sections;
}

const titleOf = (peer: Peer): string => `${peer.name} ${versionOf(peer)}`;

interface Comparison {
  readonly title: string;
  readonly how: string;
  readonly measure: (subject: Subject, round: number) => Promise<Figures>;
}

async function compare(
  service: string,
  contenders: readonly Contender[],
  sizes: Sizes,
  { title, how, measure }: Comparison,
): Promise<Section> {
  const subjects = contenders.filter(({ services }) => services.includes(service)).map(({ subject }) => subject);
  const failed = new Map<Subject, string>();
  const samples = await inRounds(subjects, sizes.rounds, async (subject, round): Promise<Figures> => {
    if (failed.has(subject)) return {};
    try {
      return await within(ROUND_LIMIT_MS, measure(subject, round));
    } catch (error) {
      failed.set(subject, `${subject.title} failed in round ${round + 1}: ${(error as Error).message}.`);
      return {};
    }
  });
  const [local] = subjects;
  const kinds = Object.keys(local === undefined ? {} : (samples.get(local)?.[0] ?? {}));
  const values = (subject: Subject, kind: string): number[] =>
    (samples.get(subject) ?? []).map((figures) => figures[kind]).filter((value) => value !== undefined);
  const cell = (subject: Subject, kind: string): string => {
    const found = values(subject, kind);
    if (found.length === 0 || local === undefined) return '–';
    const ratio = medianOf(found) / medianOf(values(local, kind));
    return subject === local ? show(found) : `${show(found)} = ${ratio.toFixed(2)} ×`;
  };
  return {
    title,
    how: [how, ...failed.values()].join(' '),
    header: ['', ...subjects.map((subject) => subject.title)],
    rows: kinds.map((kind) => [kind, ...subjects.map((subject) => cell(subject, kind))]),
    targets: [],
  };
}

async function queueFigures({ sqs, pid }: Subject, sizes: Sizes, round: number): Promise<Figures> {
  const messages = sizes.peerMessages;
  const queueUrl = await makeQueue(sqs, `side-${round}`);
  const sent = await timed(pid, () => send(sqs, queueUrl, messages));
  const received = await timed(pid, () => receiveAndDelete(sqs, queueUrl, { messages, clients: CLIENTS }));
  await dropQueue(sqs, queueUrl);
  return {
    'send, messages/s': messages / sent.seconds,
    'receive + delete, messages/s': messages / received.seconds,
    'CPU of the server, µs a message': ((sent.serverCpuSeconds + received.serverCpuSeconds) * 1e6) / messages,
  };
}

async function bucketFigures({ s3, pid }: Subject, sizes: Sizes, round: number): Promise<Figures> {
  if (round === 0) await makeBucket(s3).catch(ignoreExisting);
  const prefix = `side/${round}-`;
  const small = { prefix, count: sizes.peerObjects, width: CLIENTS, body: new Uint8Array(SMALL_BYTES).fill(120) };
  const large = { prefix: 'side-large/', count: sizes.peerLargeObjects, width: 1, body: new Uint8Array(LARGE_BYTES) };
  const smallPut = await timed(pid, () => putAll(s3, small));
  const smallGet = await timed(pid, () => getAll(s3, small));
  const largePut = await timed(pid, () => putAll(s3, large));
  const largeGet = await timed(pid, () => getAll(s3, large));
  const listed = await timed(pid, () => listAll(s3, 'side/'));
  const rate = ({ seconds }: Timed): number => small.count / seconds;
  const speed = ({ seconds }: Timed): number => (large.count * LARGE_BYTES) / 1e6 / seconds;
  return {
    'put 1 KiB, objects/s': rate(smallPut),
    'get 1 KiB, objects/s': rate(smallGet),
    'put 8 MiB, MB/s': speed(largePut),
    'get 8 MiB, MB/s': speed(largeGet),
    'list, ms': listed.seconds * 1_000,
    'CPU of the server, µs a small object put and got':
      ((smallPut.serverCpuSeconds + smallGet.serverCpuSeconds) * 1e6) / small.count,
  };
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'BucketAlreadyOwnedByYou') throw error;
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${limitMs / 1_000} s`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
