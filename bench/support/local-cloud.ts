/** The local cloud as users start it: dist/local/main.js, in a process of its own. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definedFields } from '../../core/defined-fields.js';
import { basicAuthorization } from '../../local/http/basic.js';
import { lastLines, type ProcessGroup, startGroup } from './process-group.js';

export interface Endpoint {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly group: ProcessGroup;
}

export interface LocalCloudProcess extends Endpoint {
  readonly directory: string;
}

export interface LocalCloudStart {
  readonly args?: readonly string[];
  /** Node's own options, which precede the program. */
  readonly nodeArgs?: readonly string[];
  readonly ipc?: boolean;
}

const START_TIMEOUT_MS = 30_000;

export async function startLocalCloudProcess(start: LocalCloudStart = {}): Promise<LocalCloudProcess> {
  const group = startGroup({
    file: process.execPath,
    args: [...(start.nodeArgs ?? []), path.resolve('dist/local/main.js'), ...(start.args ?? [])],
    ...definedFields({ ipc: start.ipc }),
  });
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!group.stdout().includes('\n')) {
    if (group.hasEnded() || Date.now() > deadlineMs) {
      await group.stop();
      throw new Error(`The local cloud did not start: ${lastLines(group.output())}`);
    }
    await delay(20);
  }
  const ready = JSON.parse(group.stdout().split('\n')[0] ?? '') as Readonly<Record<string, string>>;
  return {
    endpoint: ready['endpoint'] ?? '',
    credentials: { accessKeyId: ready['accessKeyId'] ?? '', secretAccessKey: ready['secretAccessKey'] ?? '' },
    directory: ready['directory'] ?? '',
    group,
  };
}

/** Calls of the admin route: their paths begin with `/_local/` and they need the cloud's own key. */
export const askAdmin = (
  { endpoint, credentials }: Pick<Endpoint, 'endpoint' | 'credentials'>,
  route: string,
  init: RequestInit,
): Promise<Response> =>
  fetch(`${endpoint}/_local/${route}`, { ...init, headers: { authorization: basicAuthorization(credentials) } });
