/** A folder of small files: `spotpool submit` beside `aws s3 cp --recursive`, each into an empty local cloud of its own. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { makeS3Client } from '../../aws/clients.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { filesPrefix } from '../../core/contract/keys.js';
import { provisionLocalStack } from '../../runner/wiring/local-stack.js';
import type { Installable } from '../peers/catalogue.js';
import { install } from '../peers/install.js';
import { type LocalCloudProcess, startLocalCloudProcess } from '../support/local-cloud.js';
import { inRounds, show } from '../support/rounds.js';
import type { Section } from '../support/section.js';
import { cpuSecondsOf } from '../support/usage.js';
import type { Sizes } from './sizes.js';
import { type ProgramRun, runTimed } from './timed-program.js';

const AWS_CLI: Installable = {
  name: 'the AWS CLI',
  pins: 'awscli',
  installer: 'pip',
  pythons: ['3.13', '3.12', '3.11', '3.10'],
};
const REGION = 'us-east-1';
const FILES_PER_FOLDER = 500;
const FILE_BYTES = 4_096;
const SUBJECTS = ['aws s3 cp', 'spotpool submit', 'spotpool submit again'] as const;
type Subject = (typeof SUBJECTS)[number];

interface Sample {
  readonly run: ProgramRun;
  readonly serverCpuSeconds: number;
}

interface Setup {
  readonly scratch: string;
  readonly aws: string;
  readonly photos: string;
  readonly files: number;
}

/** The AWS CLI takes minutes for 50,000 files. */
const MOST_ROUNDS = 2;

export async function folder(scratch: string, { files, rounds }: Sizes): Promise<Section> {
  const aws = path.join(await install(AWS_CLI), 'venv/bin/aws');
  const photos = path.join(scratch, 'photos');
  await makeFolder(photos, files);
  await writeFile(path.join(scratch, 'model.mjs'), 'export const predict = (items) => items;\n');
  const setup = { scratch, aws, photos, files };
  const samples = new Map<Subject, Sample[]>(SUBJECTS.map((subject) => [subject, []]));
  // A second submit needs the bucket of the first one, so the two are one subject.
  await inRounds(['aws', 'spotpool'] as const, Math.min(rounds, MOST_ROUNDS), async (who) => {
    for (const [subject, sample] of who === 'aws' ? await copied(setup) : await submitted(setup)) {
      samples.get(subject)?.push(sample);
    }
  });
  return sectionOf(samples, files);
}

/** No two files are equal, so each must be sent. */
async function makeFolder(photos: string, files: number): Promise<void> {
  for (let at = 0; at < files; at += 1) {
    const part = path.join(photos, `part-${String(Math.floor(at / FILES_PER_FOLDER)).padStart(4, '0')}`);
    if (at % FILES_PER_FOLDER === 0) await mkdir(part, { recursive: true });
    const seed = createHash('sha256').update(String(at)).digest();
    await writeFile(path.join(part, `${at}.bin`), Buffer.alloc(FILE_BYTES, seed));
  }
}

async function inCloud<T>(work: (cloud: LocalCloudProcess) => Promise<T>): Promise<T> {
  const cloud = await startLocalCloudProcess();
  try {
    return await work(cloud);
  } finally {
    await cloud.group.stop();
  }
}

async function sampled(cloud: LocalCloudProcess, run: () => Promise<ProgramRun>): Promise<Sample> {
  const before = cpuSecondsOf(cloud.group.pid);
  return { run: await run(), serverCpuSeconds: cpuSecondsOf(cloud.group.pid) - before };
}

const clientOf = ({ endpoint, credentials }: LocalCloudProcess) =>
  makeS3Client({ region: REGION, endpoint, credentials });

const copied = ({ aws, photos, files }: Setup) =>
  inCloud(async (cloud): Promise<readonly (readonly [Subject, Sample])[]> => {
    const { endpoint, credentials } = cloud;
    const client = clientOf(cloud);
    await client.send(new CreateBucketCommand({ Bucket: 'copies' }));
    const env = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
    };
    const args = ['s3', 'cp', '--recursive', '--only-show-errors', '--endpoint-url', endpoint, photos, 's3://copies/'];
    const sample = await sampled(cloud, () => runTimed({ file: aws, args, env }));
    await requireObjects(new S3ObjectStore(client, 'copies'), '', files);
    client.destroy();
    return [['aws s3 cp', sample]];
  });

const submitted = ({ scratch, photos, files }: Setup) =>
  inCloud(async (cloud): Promise<readonly (readonly [Subject, Sample])[]> => {
    const { endpoint, credentials } = cloud;
    const address = { endpoint, ...credentials, region: REGION, pid: cloud.group.pid };
    const stack = await provisionLocalStack(address, { reclaims: [], maxWorkers: 1 }, AbortSignal.timeout(30_000));
    const stackFile = path.join(scratch, `stack-${cloud.group.pid}.json`);
    await writeFile(stackFile, JSON.stringify(stack));
    const args = ['dist/bundle/spotpool.mjs', 'submit', photos, '--model', path.join(scratch, 'model.mjs')];
    const env = { SPOTPOOL_HOME: path.join(scratch, `home-${cloud.group.pid}`) };
    const submit = () =>
      sampled(cloud, () => runTimed({ file: process.execPath, args: [...args, '--stack', stackFile], env }));
    const first = await submit();
    const client = clientOf(cloud);
    await requireObjects(new S3ObjectStore(client, stack.bucket), filesPrefix, files);
    client.destroy();
    return [
      ['spotpool submit', first],
      ['spotpool submit again', await submit()],
    ];
  });

async function requireObjects(store: S3ObjectStore, prefix: string, files: number): Promise<void> {
  let found = 0;
  for await (const { size } of store.list(prefix, { signal: AbortSignal.timeout(120_000) })) {
    if (size === FILE_BYTES) found += 1;
  }
  if (found !== files) throw new Error(`${found} of ${files} files are in the bucket.`);
}

function sectionOf(samples: ReadonlyMap<Subject, readonly Sample[]>, files: number): Section {
  const of = (subject: Subject, value: (sample: Sample) => number): readonly number[] =>
    (samples.get(subject) ?? []).map(value);
  const rate = ({ run }: Sample): number => files / run.seconds;
  const rows = SUBJECTS.map((subject) => [
    subject,
    show(of(subject, rate)),
    show(
      of(subject, ({ run }) => run.seconds),
      1,
    ),
    show(
      of(subject, ({ run }) => run.cpuSeconds),
      1,
    ),
    show(
      of(subject, ({ serverCpuSeconds }) => serverCpuSeconds),
      1,
    ),
  ]);
  const peer = of('aws s3 cp', rate);
  const ratios = of('spotpool submit', rate).map((value, round) => value / (peer[round] ?? NaN));
  const again = of('spotpool submit again', rate).map((value, round) => value / (peer[round] ?? NaN));
  const peerCpu = of('aws s3 cp', ({ run }) => run.cpuSeconds);
  const cpu = of('spotpool submit', ({ run }) => run.cpuSeconds).map((value, round) => value / (peerCpu[round] ?? NaN));
  return {
    title: 'A folder of small files',
    how: `${files.toLocaleString('en-US')} files of ${FILE_BYTES} bytes, all different, in folders of ${FILES_PER_FOLDER}. Each program runs from its start to its end. spotpool also hashes each file, writes the job and sends its messages; "again" is a second job over the same folder.`,
    header: ['', 'files/s', 'seconds', 'CPU seconds of the program', 'CPU seconds of the local cloud'],
    rows,
    targets: [
      {
        wanted: 'a first submit is at least as fast as the AWS CLI',
        measured: `${show(ratios, 2)} times its files/s`,
        isMet: Math.min(...ratios) >= 1,
      },
      {
        wanted: 'a first submit takes at most as much CPU time as the AWS CLI',
        measured: `${show(cpu, 2)} of its CPU seconds`,
        isMet: Math.max(...cpu) <= 1,
      },
      {
        wanted: 'a second submit is at least five times as fast as the AWS CLI',
        measured: `${show(again, 2)} times its files/s`,
        isMet: Math.min(...again) >= 5,
      },
    ],
  };
}
