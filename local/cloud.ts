/** The whole local cloud: it joins the services behind one endpoint and ends them in order. */
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultControls, noFaults } from './admin/faults.js';
import { createAdminService } from './admin/service.js';
import { type DataDirectory, openDataDirectory } from './data-directory.js';
import { definedFields } from './defined-fields.js';
import { Compute, DEFAULT_COMPUTE_OPTIONS } from './ec2/compute.js';
import { DiskErrorLog } from './disk-errors.js';
import { createEc2Service } from './ec2/service.js';
import { changeImperfections } from './faults/imperfections.js';
import { type AccessKey, Credentials } from './http/credentials.js';
import { RequestLog } from './http/request-log.js';
import { type Delay, startServer } from './http/server.js';
import { isOfAnotherUser, makePrivateDirectory } from './instances/private-files.js';
import { startWatchdog } from './instances/watchdog.js';
import { CONSOLES } from './instances/instances.js';
import { type LocalCloudOptions, UsageError } from './options.js';
import { createS3Service } from './s3/service.js';
import { invokeEc2 } from './scheduler/ec2-target.js';
import { Schedules } from './scheduler/schedules.js';
import { createSchedulerService } from './scheduler/service.js';
import { systemClock } from './clock.js';
import { createSqsService } from './sqs/service.js';
import { SqsStore } from './sqs/store.js';
import { createStsService } from './sts/service.js';

export interface LocalCloud {
  readonly endpoint: string;
  readonly region: string;
  readonly directory: string;
  /** How often a cloud was started on the data directory; 1 for a new one or without one. */
  readonly start: number;
  /** The key that signs every call, except for calls by instances, which have keys of their own. */
  readonly accessKey: AccessKey;
  readonly compute: Compute;
  readonly faults: FaultControls;
  /** Undefined when the request log is off. */
  readonly requests: RequestLog | undefined;
  /** Resolves when a client requests the end of the cloud over HTTP. */
  readonly shutdownRequested: Promise<void>;
  /** When it resolves, no process, port or temporary directory of the cloud is left. */
  close(): Promise<void>;
}

export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { data: directory, seed } = options;
  if (directory === undefined) return startServices(options, undefined);
  const data = await openDataDirectory(directory, {
    onDamage: (sentence) => void process.stderr.write(`${sentence}\n`),
  });
  try {
    const cloud = await startServices({ ...options, seed: seedOfStart(seed, data.start) }, data);
    return {
      ...cloud,
      start: data.start,
      close: async () => {
        await cloud.close();
        await data.close();
      },
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/** Each start of a data directory has a market of its own, which its number and the seed repeat. */
const seedOfStart = (seed: number, start: number): number => (seed + (start - 1) * SEED_STEP) % Number.MAX_SAFE_INTEGER;

/** People choose seeds below it. */
const SEED_STEP = 1_000_003;

async function startServices(options: LocalCloudOptions, data: DataDirectory | undefined): Promise<LocalCloud> {
  const faults = faultsOf(options);
  const requests = requestLogOf(
    options,
    (accessKeyId) => compute.instances.all().find(({ roleKey }) => roleKey?.accessKeyId === accessKeyId)?.id,
  );
  // Invalid options have been refused by now; from here on a failure must clean up.
  const isTemporary = options.directory === undefined;
  const directory = realpathSync(directoryOf(options));
  const watchdog = startWatchdog(isTemporary ? { removeDirectory: directory } : {});
  const credentials = new Credentials();
  const accessKey = options.credentials ?? credentials.issue();
  credentials.add(accessKey);
  const diskErrors = new DiskErrorLog((line) => void process.stderr.write(line));
  const compute = new Compute(
    { ...DEFAULT_COMPUTE_OPTIONS, ...options, directory },
    watchdog,
    credentials,
    faults.imperfections,
    diskErrors,
  );
  const { region } = compute;
  const store = new SqsStore({ region, imperfections: faults.imperfections.sqs, seed: options.seed });
  const schedules = new Schedules({ clock: systemClock, region, invoke: invokeEc2(compute) });
  let requestShutdown = (): void => undefined;
  const shutdownRequested = new Promise<void>((resolve) => (requestShutdown = resolve));
  const closeAll = async (): Promise<void> => {
    schedules.close();
    await compute.close();
    store.close();
    await watchdog.close();
    removeFiles(directory, isTemporary);
  };
  const services = {
    sqs: createSqsService({ store }),
    s3: createS3Service({
      directory: path.join(directory, 'objects'),
      region,
      diskErrors,
      ...definedFields({ kept: data?.objects }),
    }),
    ec2: createEc2Service(compute),
    scheduler: createSchedulerService({ schedules }),
    sts: createStsService(),
    admin: createAdminService({ credentials, compute, schedules, faults, requests, shutdown: requestShutdown }),
  };
  try {
    const door = { credentials, faults: faults.requests, ...definedFields({ log: requests }) };
    const server = await startServer(services, { port: options.port, delay: latency(options.latencyMs), ...door });
    return {
      endpoint: server.endpoint,
      region,
      directory,
      start: 1,
      accessKey,
      compute,
      faults,
      requests,
      shutdownRequested,
      close: async () => {
        await server.close(); // The server closes first, so that no new request can arrive.
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function faultsOf({ seed, faults: rules, imperfections }: LocalCloudOptions): FaultControls {
  const faults = noFaults(seed);
  for (const rule of rules) faults.requests.add(rule);
  for (const change of imperfections) changeImperfections(faults.imperfections, change);
  return faults;
}

const requestLogOf = (
  { requestLog }: LocalCloudOptions,
  instanceOf: (accessKeyId: string) => string | undefined,
): RequestLog | undefined => (requestLog === 0 ? undefined : new RequestLog(requestLog, instanceOf));

/**
 * A given directory must belong to the cloud alone. At the end everything in it is removed, except for the
 * instances' consoles, and no other user may read it.
 */
function directoryOf(options: LocalCloudOptions): string {
  if (options.directory === undefined) return mkdtempSync(path.join(os.tmpdir(), 'spotpool-local-'));
  const { directory } = options;
  if (existsSync(directory)) {
    // A link in the place of the consoles would redirect them to another directory.
    const foreign = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.name !== CONSOLES || !entry.isDirectory())
      .map((entry) => (entry.isDirectory() || entry.isFile() ? entry.name : `${entry.name} (no directory)`));
    if (foreign.length > 0) {
      throw new UsageError(
        `--directory must be empty, or contain only the ${CONSOLES} of an earlier local cloud. ${directory} contains ${foreign.join(', ')}.`,
      );
    }
    if (isOfAnotherUser(directory)) {
      throw new UsageError(
        `--directory must belong to you: ${directory} belongs to another user, who could read and change everything in it. Name a directory that does not exist yet.`,
      );
    }
  }
  makePrivateDirectory(directory);
  return directory;
}

function removeFiles(directory: string, all: boolean): void {
  const names = all ? [''] : readdirSync(directory).filter((name) => name !== CONSOLES);
  for (const name of names) rmSync(path.join(directory, name), { recursive: true, force: true, maxRetries: 3 });
}

function latency(latencyMs: LocalCloudOptions['latencyMs']): Delay {
  return async (service, signal) => {
    const ms = latencyMs[service] ?? 0;
    if (ms > 0) await delay(ms, undefined, { signal });
  };
}
