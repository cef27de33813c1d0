/**
 * `npm run soak` (SOAK_MINUTES, default 30) runs a local cloud in a process of its own under mixed load, in rounds.
 * At the end of a round the load stops, queues, objects and instances are removed, and connections are closed; the
 * process must then hold the same resources as before. It prints a line per round and a verdict. It exits with code
 * 0 only if all resources stayed flat and no call failed without a reason.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { DeleteQueueCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { type LocalCloudProcess, startLocalCloudProcess } from '../support/local-cloud.js';
import { endOnSignals, stopAll } from '../support/process-group.js';
import { textTable } from '../support/table.js';
import { descendantsOf, openFilesOf, requireProc } from '../support/usage.js';
import { bucketLoad, emptyBucket } from './bucket-load.js';
import { clientsOf, type Clients } from './clients.js';
import { clearFaults, faultLoad } from './fault-load.js';
import { emptyFleet, fleetLoad, makeFleet } from './fleet-load.js';
import { attempt, type Lane, newTally, type Tally } from './lane.js';
import { probe } from './probe.js';
import { queueLoad } from './queue-load.js';
import { findingsOf, LEAST_ROUNDS, type Sample } from './verdict.js';

const DEFAULT_MINUTES = 30;
/**
 * With the idle end, a round takes a minute. A short soak has shorter rounds, so that there are enough of them to
 * compare.
 */
const MOST_LOAD_MS = 48_000;
const SHORTEST_SOAK_ROUNDS = 12;
const QUIET_TIMEOUT_MS = 20_000;
const BUCKET = 'soak';
/** Instances leave their consoles on purpose. */
const CONSOLES = 'consoles';

type ShownSample = Sample & { readonly residentBytes: number };

interface Soak {
  readonly cloud: LocalCloudProcess;
  readonly fleetId: string;
  readonly loadMs: number;
}

async function main(): Promise<number> {
  requireProc();
  const minutes = Number(process.env['SOAK_MINUTES'] ?? DEFAULT_MINUTES);
  if (!(minutes > 0)) throw new Error('SOAK_MINUTES must be a number of minutes above 0.');
  const totalMs = minutes * 60_000;
  const loadMs = Math.min(MOST_LOAD_MS, totalMs / SHORTEST_SOAK_ROUNDS);
  const cloud = await startLocalCloudProcess({
    args: ['--time-scale', '10'],
    nodeArgs: ['--expose-gc', '--import', path.join(import.meta.dirname, 'child.mjs')],
    ipc: true,
  });
  const clients = clientsOf(cloud);
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const soak: Soak = { cloud, fleetId: await makeFleet(clients.ec2), loadMs };
  clients.close();

  const samples: Sample[] = [];
  const tally = newTally();
  const startedMs = Date.now();
  for (let round = 1; Date.now() - startedMs < totalMs || samples.length < LEAST_ROUNDS; round += 1) {
    const calls = await loadFor(soak, round, tally);
    const sample = await quietSample(cloud, samples.at(-1));
    samples.push(sample);
    process.stdout.write(`${line(Date.now() - startedMs, calls, sample, consolesIn(cloud))}\n`);
  }
  const isFlat = report(samples, tally);
  await cloud.group.stop();
  return isFlat ? 0 : 1;
}

/**
 * Runs one round: load, then the removal of everything that the load created. Returns the number of calls per
 * service.
 */
async function loadFor({ cloud, fleetId, loadMs }: Soak, round: number, total: Tally): Promise<Tally['calls']> {
  const clients = clientsOf(cloud);
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), loadMs);
  const tally = newTally();
  const lane: Lane = { tally, signal: end.signal, faults: { isOn: false, changedMs: 0 } };
  const { sqs, s3, ec2 } = clients;
  try {
    await Promise.all([
      attempt(lane, 'queues', () => queueLoad(lane, sqs, `soak-${round}`)),
      bucketLoad(lane, s3, BUCKET),
      fleetLoad(lane, ec2, fleetId, cloud),
      faultLoad(lane, cloud, loadMs),
    ]);
    await clearFaults(cloud);
    await emptyFleet(ec2, fleetId);
    await emptyBucket(s3, BUCKET);
    await dropQueues(clients);
  } finally {
    clearTimeout(timer);
    clients.close();
  }
  total.unexplained.push(...tally.unexplained);
  return tally.calls;
}

async function dropQueues({ sqs }: Clients): Promise<void> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  for (const QueueUrl of QueueUrls) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
}

/** Connections and processes end a little after their last call, so resources count only if they remain for a while. */
async function quietSample(cloud: LocalCloudProcess, last: Sample | undefined): Promise<ShownSample> {
  const deadlineMs = Date.now() + QUIET_TIMEOUT_MS;
  let sample = await sampleOf(cloud);
  while (last !== undefined && Date.now() < deadlineMs && isAbove(sample, last)) {
    await delay(500);
    sample = await sampleOf(cloud);
  }
  return sample;
}

const isAbove = (now: Sample, last: Sample): boolean =>
  (['openFiles', 'handles', 'processes', 'filesOnDisk'] as const).some((count) => now[count] > last[count]);

async function sampleOf({ group, directory }: LocalCloudProcess): Promise<ShownSample> {
  const { resources, ...memory } = await probe(group.child);
  return {
    ...memory,
    openFiles: openFilesOf(group.pid),
    handles: Object.values(resources).reduce((sum, count) => sum + count, 0),
    processes: descendantsOf(group.pid).length,
    filesOnDisk: filesIn(directory).filter((file) => !file.startsWith(`${CONSOLES}${path.sep}`)).length,
  };
}

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));

const consolesIn = ({ directory }: LocalCloudProcess): number => readdirSync(path.join(directory, CONSOLES)).length;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

function line(elapsedMs: number, calls: Tally['calls'], sample: ShownSample, consoles: number): string {
  const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const { residentBytes, outsideHeapBytes, heapBytes, openFiles, handles, processes, filesOnDisk } = sample;
  return [
    `${(elapsedMs / 60_000).toFixed(1).padStart(5)} min`,
    `${total.toLocaleString('en-US')} acts`,
    `${megabytes(residentBytes)} resident`,
    `${megabytes(outsideHeapBytes)} outside the heap`,
    `${megabytes(heapBytes)} heap`,
    `${openFiles} open files`,
    `${handles} timers and handles`,
    `${processes} processes`,
    `${filesOnDisk} files on disk`,
    `${consoles} instances so far`,
  ].join('  ');
}

function report(samples: readonly Sample[], tally: Tally): boolean {
  const findings = findingsOf(samples);
  const amount = (what: string, value: number): string => (what.endsWith('Bytes') ? megabytes(value) : String(value));
  const rows = findings.map(({ what, before, after, allowed, isFlat }) => [
    what.replace('Bytes', ' memory').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    amount(what, before),
    amount(what, after),
    `+ ${amount(what, allowed)}`,
    isFlat ? 'flat' : 'GROWS',
  ]);
  process.stdout.write(`\n${textTable(['at rest', 'after warm-up', 'at the end', 'allowed', ''], rows)}\n`);
  for (const error of tally.unexplained) process.stdout.write(`Unexplained failure: ${error}\n`);
  const isFlat = findings.every((finding) => finding.isFlat) && tally.unexplained.length === 0;
  process.stdout.write(isFlat ? 'Verdict: flat.\n' : 'Verdict: NOT flat.\n');
  return isFlat;
}

endOnSignals();
try {
  process.exitCode = await main();
} finally {
  await stopAll();
}
