/**
 * Opens a host: EC2 through the SDK, and a machine that runs instances with the local cloud's own code (local/instances/). This is the only file
 * that imports that code. The reason is in docs/decisions/0010-the-host-runs-instances-with-the-local-clouds-code.md.
 */
import { existsSync, mkdtempSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  InstanceRuntime,
  type InstanceRuntimeOptions,
  TERMINATE_GRACE_MS,
} from '../../local/instances/instance-runtime.js';
import { makePrivateDirectory } from '../../local/instances/private-files.js';
import { startWatchdog, type Watchdog } from '../../local/instances/watchdog.js';
import { makeEc2Client } from '../../aws/clients.js';
import { makeRecordedInstances } from '../../aws/recorded-instances.js';
import { decode, linesOfWords, object } from '../../core/contract/shape.js';
import { installedFiles } from '../../runner/local-cloud/paths.js';
import type { Emulator } from '../emulator.js';
import { inventInstanceKey } from '../host/instance-key.js';
import type { OpenHost } from '../host/open-host.js';
import type { Machine, RunningInstance, SeenInstance } from '../host/ports.js';

/** An SDK looks for credentials under the name of a role, but emulators show no instance profile for the instances of a Spot Fleet. */
const ROLE_NAME = 'spotpool-worker';
/** The consoles of the last instances that ended are kept, to see why they ended. Older ones are removed. */
const KEPT_CONSOLES = 200;
const LAST_LINE_LENGTH = 300;

export const openHost: OpenHost = async (emulator, { of, directory }) => {
  const client = makeEc2Client(emulator);
  const root = directoryOf(directory);
  const watchdog = startWatchdog({
    mainFile: installedFiles().watchdog,
    ...(directory === undefined ? { removeDirectory: root } : {}),
  });
  return {
    ec2: makeRecordedInstances(client, of),
    machine: new LocalMachine({
      root,
      region: emulator.region,
      roleKey: () => inventInstanceKey(emulator.credentials),
      watchdog,
    }),
    directory: root,
    close: async () => {
      client.destroy();
      await watchdog.close();
    },
  };
};

function directoryOf(given: string | undefined): string {
  if (given === undefined) return realpathSync(mkdtempSync(path.join(os.tmpdir(), 'spotpool-host-')));
  // An existing directory keeps its mode: it may hold other files, which others may read. What is made in it is private.
  if (!existsSync(given)) makePrivateDirectory(given);
  return realpathSync(given);
}

interface MachineOptions {
  readonly root: string;
  readonly region: string;
  /** Returns a new key for each instance. */
  readonly roleKey: () => Emulator['credentials'];
  readonly watchdog: Watchdog;
}

export class LocalMachine implements Machine {
  readonly #ended: InstanceRuntime[] = [];

  readonly #options: MachineOptions;

  constructor(options: MachineOptions) {
    this.#options = options;
    for (const name of ['instances', 'consoles']) makePrivateDirectory(path.join(options.root, name));
  }

  async start(
    seen: SeenInstance,
    userData: Uint8Array,
    onLeaderEnded: (how: string) => void,
  ): Promise<RunningInstance> {
    const { root, region, watchdog, roleKey } = this.#options;
    const subject = subjectOf(seen, userData, roleKey());
    const consoleFile = path.join(root, 'consoles', `${seen.instance}.log`);
    const directory = path.join(root, 'instances', seen.instance);
    const runtime = new InstanceRuntime({ subject, region, directory, consoleFile, watchdog, onLeaderEnded });
    const end = async (graceMs: number): Promise<void> => {
      await runtime.end(graceMs);
      this.#remember(runtime);
    };
    try {
      await runtime.start();
    } catch (error) {
      await end(0);
      throw error;
    }
    return {
      pid: runtime.pid ?? 0,
      consoleFile,
      notice: (takenAtMs) => (subject.takenAtMs = takenAtMs),
      end: (how) => end(how === 'at-once' ? 0 : TERMINATE_GRACE_MS),
      lastLine: () => lastLineOf(runtime.consoleOutput()),
    };
  }

  #remember(runtime: InstanceRuntime): void {
    if (!this.#ended.includes(runtime)) this.#ended.push(runtime);
    if (this.#ended.length > KEPT_CONSOLES) this.#ended.shift()?.removeConsole();
  }
}

type Subject = InstanceRuntimeOptions['subject'] & { takenAtMs: number | undefined };

function subjectOf(seen: SeenInstance, userData: Uint8Array, roleKey: Emulator['credentials']): Subject {
  return {
    id: seen.instance,
    spec: {
      imageId: seen.imageId,
      instanceType: seen.instanceType,
      zone: seen.zone,
      userData: Buffer.from(userData),
      instanceProfile: seen.instanceProfile ?? ROLE_NAME,
      metadataTags: false,
      metadataIsOff: false,
    },
    tags: new Map(Object.entries(seen.tags)),
    launchedAtMs: seen.launchedAtMs,
    takenAtMs: undefined,
    rebalanceAtMs: undefined,
    roleKey,
  };
}

/** A worker's log lines are JSON; their `message` is the part for people. */
function lastLineOf(output: Buffer | undefined): string | undefined {
  const last = output?.toString().trimEnd().split('\n').at(-1) ?? '';
  return (messageIn(last) ?? last).slice(-LAST_LINE_LENGTH) || undefined;
}

const logLine = object<{ readonly message: string }>({ message: linesOfWords(Number.MAX_SAFE_INTEGER) });

const messageIn = (line: string): string | undefined => decode(logLine, line)?.message;
